import { expect, it } from 'vitest';
import { EngineError } from '../errors/engine-error.js';
import type { LedgerEntry } from '../ports/ledger.js';
import { createRuntime } from '../runtime.js';
import { createFakePorts, EXAMPLE_LABELS, exampleCatalog, scoresFor } from '../testing/index.js';

const question = { text: 'my secret sentence', domain: 'bank' } as const;
const breaks = (): never => {
  throw new EngineError({ message: 'It broke on "my secret sentence".', hint: 'Mend it.' });
};
const outcomesIn = (entries: readonly LedgerEntry[]) =>
  entries.flatMap((entry) => (entry.kind === 'outcome' ? [entry.record] : []));

it('keeps a request that failed, with its code, what was tried, and no word of its text', async () => {
  const ports = createFakePorts({ models: { nano: { onRun: breaks }, base: { onRun: breaks } } });
  const runtime = createRuntime(ports);
  await expect(runtime.run(question)).rejects.toThrow('It broke');
  await runtime.flush();
  const [outcome, ...more] = outcomesIn(ports.entries);
  expect(more).toEqual([]);
  expect(outcome).toMatchObject({
    verdict: 'failed',
    error: EngineError.code,
    tier: 'base',
    path: '',
    confidence: undefined,
    textBytes: 18,
    catalogRevision: exampleCatalog().revision,
    audit: false,
    auditProbability: 0,
  });
  expect(outcome!.decisions[0]).toMatchObject({ stage: 'start', chosen: 'nano' });
  expect(JSON.stringify(ports.entries)).not.toContain('secret');
});

it('keeps a request that failed before any tier was asked', async () => {
  const ports = createFakePorts();
  const probe = { profile: () => Promise.reject(new Error('no /proc')) };
  const runtime = createRuntime({ ...ports, probe });
  await expect(runtime.run(question)).rejects.toThrow('no /proc');
  await runtime.flush();
  expect(outcomesIn(ports.entries)).toMatchObject([
    { verdict: 'failed', error: 'INTERNAL', tier: '', placement: 'device', ladderRevision: undefined, decisions: [] },
  ]);
});

it('keeps a request that was aborted, and the runs it had finished', async () => {
  const interrupt = new AbortController();
  const scores = () => scoresFor('new_card', 0.5, EXAMPLE_LABELS);
  const ports = createFakePorts({ models: { nano: { scores }, base: {} } });
  const runtime = createRuntime(ports);
  await runtime.run({ ...question, policy: 'nano' });
  ports.engine.models['base'] = {
    onRun() {
      interrupt.abort(new Error('enough'));
      return Promise.reject(interrupt.signal.reason);
    },
  };
  await expect(runtime.run(question, { signal: interrupt.signal })).rejects.toThrow('enough');
  await runtime.flush();
  const [, aborted] = outcomesIn(ports.entries);
  expect(aborted).toMatchObject({ verdict: 'aborted', error: 'ABORTED', tier: 'base', path: '' });
  const runs = ports.entries.flatMap((entry) => (entry.kind === 'run' ? [entry.record.tier] : []));
  expect(runs).toContain('nano');
});

it('keeps a request whose answer so far was enough for whoever read its steps', async () => {
  const scores = () => scoresFor('new_card', 0.5, EXAMPLE_LABELS);
  const ports = createFakePorts({ models: { nano: { scores }, base: {} } });
  const runtime = createRuntime(ports);
  for await (const step of runtime.stream(question)) if (step.kind === 'answer') break;
  await runtime.flush();
  expect(outcomesIn(ports.entries)).toMatchObject([{ verdict: 'aborted', error: 'ABORTED', tier: 'nano' }]);
  await runtime.run(question);
  await runtime.flush();
  expect(outcomesIn(ports.entries)).toHaveLength(2);
});
