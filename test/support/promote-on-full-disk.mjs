// Fills the disk under the state folder, tries to put a revision in force, and answers before, meanwhile and afterwards.
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createNodeRuntime } from '@terrace/node-host';

const [home, modelsFolder, domain, second] = process.argv.slice(2);
const runtime = await createNodeRuntime({ home, modelsFolder, reconcile: false });
const filler = path.join(home, 'filler');

const say = (line) => process.stdout.write(`${line}\n`);
const answer = async () => {
  const { trace } = await runtime.run({ text: 'what is my balance', domain, policy: 'nano' });
  const inForce = runtime.models.current().domains.find(({ id }) => id === domain).ladderRevision;
  say(`${trace.some(({ kind }) => kind === 'run') ? 'answered' : 'silent'} ${inForce}`);
};
const fill = () => {
  const file = openSync(filler, 'w');
  try {
    for (let bytes = 65_536; bytes >= 1;) {
      try {
        writeSync(file, Buffer.alloc(bytes));
      } catch {
        bytes >>= 1;
      }
    }
  } finally {
    closeSync(file);
  }
};

await answer();
fill();
say(
  await runtime.deltas.promote(domain, second).then(
    () => 'promoted',
    ({ code }) => `refused ${code}`,
  ),
);
await answer();
rmSync(filler);
await runtime.deltas.promote(domain, second);
await answer();
await runtime.close();
