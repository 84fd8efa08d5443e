// Pays for calls to an address, four at a time, until a budget says no or somebody kills the process.
import path from 'node:path';
// Not the whole host: it starts once a kill.
import { openNodeBudget } from '../../packages/node-host/dist/budget/open-node-budget.js';
import { systemClock } from '../../packages/node-host/dist/system-clock.js';

const [home, url, usd] = process.argv.slice(2);
const budget = await openNodeBudget({ home, ledgerFile: path.join(home, 'ledger.db'), clock: systemClock });
const atMost = { usd: Number(usd), bytes: 0, joules: 0 };
let calls = 0;

async function lane() {
  for (;;) {
    const ask = { requestId: String((calls += 1)), scope: { tier: 'writer' }, atMost, optional: true };
    try {
      await budget.pay(ask, async (meter) => {
        meter.add({ usd: atMost.usd });
        const body = JSON.stringify({ model: 'writer', messages: [{ role: 'user', content: 'hello' }] });
        await (await fetch(`${url}/chat/completions`, { method: 'POST', body })).text();
      });
    } catch (error) {
      process.stdout.write(`refused ${error.code}\n`);
      return;
    }
  }
}

process.stdout.write('begun\n');
await Promise.all([lane(), lane(), lane(), lane()]);
await budget.close();
