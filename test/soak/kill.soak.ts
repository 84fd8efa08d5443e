import { expect, it } from 'vitest';
import { seededRandom } from '@terrace/core/testing';
import { deltaSwap } from './delta-swap.js';
import { download } from './download.js';
import { importing } from './import.js';
import { ledgerAppend } from './ledger-append.js';
import { reconcile } from './reconcile.js';
import { describeTally, soak, type Scenario } from './scenario.js';

const kills = Number(process.env['TERRACE_SOAK_KILLS'] ?? 100);
const seed = Number(process.env['TERRACE_SOAK_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const SCENARIOS: Readonly<Record<string, () => Promise<Scenario>>> = {
  download,
  import: importing,
  'ledger append': async () => ledgerAppend(),
  'delta swap': deltaSwap,
  queue: reconcile,
};
const print = (line: string): void => void process.stdout.write(`${line}\n`);

print(`${kills} kills each, seed ${seed} (TERRACE_SOAK_KILLS, TERRACE_SOAK_SEED)`);

it.each(Object.keys(SCENARIOS))('%s survives kill -9 at random moments', async (name) => {
  const tally = await soak(await SCENARIOS[name]!(), { kills, random: seededRandom(seed) });
  print(describeTally(tally));
  expect({ kills: tally.kills, corrupt: tally.corrupt, lost: tally.lost }).toEqual({ kills, corrupt: [], lost: [] });
});
