// Routes requests among the live models of a deployment, one window after the other, until it is killed.
import { createNodeRuntime } from '@terrace/node-host';

const [home, modelsFolder, domain] = process.argv.slice(2);
const say = (line) => process.stdout.write(`${line}\n`);
const onFailure = (error) => say(`failed ${error.code ?? error.message}`);
const runtime = await createNodeRuntime({ home, modelsFolder, reconcile: false, deployment: true, onFailure });
const { deployment } = runtime;
const windowOf = ({ state }) => Number(state.window?.id.slice(1) ?? 0);
const found = await deployment.status();
let routed = 0;
const ask = async (text) => {
  const route = (await runtime.run({ text, domain })).trace.find(({ kind }) => kind === 'route');
  if (route) routed++;
  return route;
};
// What was in force before answers the first request.
const first = await ask('what is my balance');
say(`found ${windowOf(found)} ${first?.window ?? 'none'}`);
for (let n = 0; ; n++) {
  await Promise.all(Array.from({ length: 8 }, (_, i) => ask(`freeze my card ${n} ${i}`)));
  if (n % 4 === 3) await deployment.wish({ kind: 'next-window' });
  // What is told is in the ledger.
  await runtime.flush();
  say(`window ${windowOf(await deployment.status())} ${routed}`);
}
