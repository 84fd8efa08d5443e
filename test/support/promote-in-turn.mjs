// Says what is in force and lets it answer, and then puts two revisions of a domain in force in turn until it is killed.
import { createNodeRuntime, readVerified } from '@terrace/node-host';

const [home, modelsFolder, domain, first, second] = process.argv.slice(2);
const runtime = await createNodeRuntime({ home, modelsFolder, reconcile: false });
const { models, deltas } = runtime;
const catalog = models.current();
for (const { domain: its, head, adapter } of catalog.deltas) {
  if (its !== domain) continue;
  for (const file of [head, adapter]) if (file) await readVerified(await models.locate(file));
}
const { output } = await runtime.run({ text: 'what is my balance', domain, policy: 'nano' });
process.stdout.write(`found ${catalog.domains.find(({ id }) => id === domain).ladderRevision} ${output.label}\n`);
for (;;) {
  await deltas.promote(domain, first);
  await deltas.promote(domain, second);
  process.stdout.write('turn\n');
  // The second one was made after the first one.
  await deltas.rollback(domain);
}
