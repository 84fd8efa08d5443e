// Asks what the site is to answer, and names on standard output the requests that wait for it.
import { RequestQueuedError } from '@terrace/core';
import { createNodeRuntime } from '@terrace/node-host';

const [home, models, count, tier] = process.argv.slice(2);
const TEXTS = ['what is my credit score', 'how do i freeze my account after someone stole my card', 'tell me a joke'];
const say = (line) => process.stdout.write(`${line}\n`);

const runtime = await createNodeRuntime({ home, modelsFolder: models, reconcile: false });
say('open');
for (let i = 0; i < Number(count); i++) {
  const request = { domain: 'clinc150', text: TEXTS[i % TEXTS.length], policy: tier, whenOffline: 'queue' };
  try {
    await runtime.run(request);
    say('answered');
  } catch (error) {
    if (!RequestQueuedError.isInstance(error)) throw error;
    say(`queued ${error.facts.requestId}`);
  }
}
await runtime.close();
