// Rolls a domain back and forth in a running process, and says how long each way back took, in milliseconds.
import { createNodeRuntime } from '@terrace/node-host';

const [home, modelsFolder, domain, revision] = process.argv.slice(2);
const TIMES = 10;
const runtime = await createNodeRuntime({ home, modelsFolder, reconcile: false });
for (let i = 0; i < TIMES; i++) {
  await runtime.deltas.promote(domain, revision);
  const fromMs = performance.now();
  await runtime.deltas.rollback(domain);
  process.stdout.write(`${(performance.now() - fromMs).toFixed(1)}\n`);
}
await runtime.close();
