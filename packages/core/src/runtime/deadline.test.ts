import { describe, expect, it } from 'vitest';
import { createRuntime } from '../runtime.js';
import { createFakePorts, EXAMPLE_LABELS, scoresFor, type FakeModel, type FakePorts } from '../testing/index.js';

const says = (label: string, probability: number, rest: FakeModel = {}): FakeModel => ({
  scores: () => scoresFor(label, probability, EXAMPLE_LABELS),
  ...rest,
});
const question = { text: 'freeze my card', domain: 'bank' } as const;
const forever = (): Promise<void> => new Promise(() => undefined);

/** Lets everything happen that waits for nothing but its turn. */
const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

/** nano is unsure, so that base is wanted. */
const withBase = (base: FakeModel, nano: FakeModel = {}): FakePorts =>
  createFakePorts({ models: { nano: says('new_card', 0.5, nano), base } });

describe('a deadline', () => {
  it('leaves a rung out that would not be ready in time', async () => {
    const ports = withBase(says('block_card', 0.99));
    const result = await createRuntime(ports).run({ ...question, deadlineMs: 50 });
    expect(result).toMatchObject({
      tier: 'nano',
      output: { label: 'new_card' },
      verdict: { kind: 'accept', degraded: 'deadline' },
    });
    expect(ports.engine.loads.map(({ modelId }) => modelId)).toEqual(['nano']);
  });

  it('does not leave a rung out that is loaded already', async () => {
    const ports = withBase(says('block_card', 0.99));
    const runtime = createRuntime(ports);
    await runtime.run(question);
    const result = await runtime.run({ ...question, deadlineMs: 50 });
    expect(result).toMatchObject({ tier: 'base', verdict: { degraded: undefined } });
  });

  it('returns the best answer so far, degraded, when a rung is slower than it promised', async () => {
    const ports = withBase(says('block_card', 0.99, { onRun: forever }));
    const answered = createRuntime(ports).run({ ...question, deadlineMs: 500 });
    await settled();
    ports.clock.advance(500);
    const result = await answered;
    expect(result).toMatchObject({ tier: 'nano', path: ['nano'], output: { label: 'new_card' } });
    expect(result.verdict).toMatchObject({ kind: 'accept', degraded: 'deadline' });
    expect(result.trace.at(-1)).toMatchObject({ kind: 'stop', degraded: 'deadline', atMs: 500 });
  });

  it('does not wait for a slow load either', async () => {
    const ports = withBase(says('block_card', 0.99, { onLoad: forever }));
    const answered = createRuntime(ports).run({ ...question, deadlineMs: 500 });
    await settled();
    ports.clock.advance(500);
    expect(await answered).toMatchObject({ tier: 'nano', verdict: { degraded: 'deadline' } });
  });

  it('abstains, degraded, when what was demanded was not reached in time', async () => {
    const ports = withBase(says('block_card', 0.99, { onRun: forever }));
    const answered = createRuntime(ports).run({ ...question, deadlineMs: 500, minConfidence: 0.9 });
    await settled();
    ports.clock.advance(500);
    expect((await answered).verdict).toMatchObject({ kind: 'abstain', reason: 'confidence', degraded: 'deadline' });
  });

  it('gives a late answer rather than none', async () => {
    const ports = createFakePorts({ models: { nano: says('balance', 0.99, { runMs: 700 }), base: {} } });
    const result = await createRuntime(ports).run({ ...question, deadlineMs: 500 });
    expect(result).toMatchObject({
      tier: 'nano',
      output: { label: 'balance' },
      verdict: { kind: 'accept', degraded: 'deadline' },
    });
  });

  it('that no tier could ever keep still gets the lightest answer', async () => {
    const ports = withBase(says('block_card', 0.99), { runMs: 1 });
    const result = await createRuntime(ports).run({ ...question, deadlineMs: 0.001 });
    expect(result).toMatchObject({ tier: 'nano', output: { label: 'new_card' }, verdict: { degraded: 'deadline' } });
  });

  it('leaves no timer behind when the answer came in time', async () => {
    const ports = withBase(says('block_card', 0.99));
    const runtime = createRuntime({ ...ports, idleUnloadMs: Infinity });
    await runtime.run({ ...question, deadlineMs: 86_400_000 });
    ports.clock.advance(1000);
    expect(ports.clock.sleepers()).toBe(0);
  });
});

describe('an abort', () => {
  const reason = new Error('changed my mind');

  it.each([
    ['a load', { onLoad: forever }],
    ['a delta', { onAttach: forever }],
    ['a run', { onRun: forever }],
  ])('during %s rejects at once with its reason', async (_, nano) => {
    const runtime = createRuntime(withBase({}, nano));
    const controller = new AbortController();
    const answered = runtime.run(question, { signal: controller.signal });
    await settled();
    controller.abort(reason);
    await expect(answered).rejects.toBe(reason);
  });

  it.each([undefined, 500])('during a climb is no answer, with a deadline of %s ms', async (deadlineMs) => {
    const ports = withBase({ onRun: forever });
    const controller = new AbortController();
    const input = { ...question, ...(deadlineMs !== undefined && { deadlineMs }) };
    const answered = createRuntime(ports).run(input, { signal: controller.signal });
    await settled();
    expect(ports.engine.runs.map(({ modelId }) => modelId)).toEqual(['nano', 'base']);
    controller.abort(reason);
    await expect(answered).rejects.toBe(reason);
  });

  it('before the start does nothing', async () => {
    const ports = createFakePorts();
    const controller = new AbortController();
    controller.abort(reason);
    await expect(createRuntime(ports).run(question, { signal: controller.signal })).rejects.toBe(reason);
    expect(ports.probe.asked() + ports.engine.loads.length).toBe(0);
  });

  it('of one request leaves the others and later ones alone', async () => {
    let open = (): void => undefined;
    const passed = new Promise<void>((resolve) => {
      open = resolve;
    });
    const ports = createFakePorts({ models: { nano: says('balance', 0.99, { onLoad: () => passed }), base: {} } });
    const runtime = createRuntime(ports);
    const controller = new AbortController();
    const aborted = runtime.run(question, { signal: controller.signal });
    const patient = runtime.run(question);
    await settled();
    controller.abort(reason);
    await expect(aborted).rejects.toBe(reason);
    open();
    expect((await patient).tier).toBe('nano');
    expect((await runtime.run(question)).verdict.degraded).toBeUndefined();
    expect(ports.engine.loads).toHaveLength(1);
  });
});
