// Answers requests, and names on standard output those whose records are on the disk.
import { createNodeRuntime } from '@terrace/node-host';

const [home, models] = process.argv.slice(2);
const TEXTS = ['what is my credit score', 'how do i freeze my account after someone stole my card', 'tell me a joke'];
const say = (line) => process.stdout.write(`${line}\n`);

const runtime = await createNodeRuntime({ home, modelsFolder: models });
say('open');
for (;;) {
  const results = await Promise.all(TEXTS.map((text) => runtime.run({ domain: 'clinc150', text })));
  const ids = results.map(({ requestId }) => requestId);
  say('answered');
  await runtime.flush();
  say(`kept ${ids.join(' ')}`);
}
