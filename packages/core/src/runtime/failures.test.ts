import { describe, expect, it } from 'vitest';
import { ArtifactMissingError } from '../errors/artifact-missing-error.js';
import { EngineError } from '../errors/engine-error.js';
import { inspectSession } from '../load/inspect-session.js';
import type { SelfTest } from '../load/self-test.js';
import { createRuntime } from '../runtime.js';
import { exampleNano } from '../testing/example-catalog.js';
import { createFakePorts, EXAMPLE_LABELS, scoresFor, type FakeModel } from '../testing/index.js';

const says = (label: string, probability: number, rest: FakeModel = {}): FakeModel => ({
  scores: () => scoresFor(label, probability, EXAMPLE_LABELS),
  ...rest,
});
const question = { text: 'freeze my card', domain: 'bank' } as const;
const fail =
  (message = 'The provider refused.') =>
  (): never => {
    throw new EngineError({ message, hint: 'Use another provider.' });
  };

describe('a tier that fails', () => {
  it('FIELD-BUG 2: a tier whose provider fails is skipped and the next one answers', async () => {
    const ports = createFakePorts({ models: { nano: { onLoad: fail() }, base: says('balance', 0.99) } });
    const result = await createRuntime(ports).run(question);
    expect(result).toMatchObject({
      tier: 'base',
      output: { label: 'balance' },
      verdict: { kind: 'accept', degraded: 'tier-failed' },
    });
    expect(result.trace).toContainEqual(
      expect.objectContaining({
        kind: 'failed',
        tier: 'nano',
        code: 'ENGINE_FAILED',
        message: 'The provider refused.',
        hint: 'Use another provider.',
      }),
    );
  });

  it.each([
    ['while it runs', { onRun: fail() }],
    ['with its delta', { onAttach: fail() }],
    ['by giving NaN', { scores: () => [Number.NaN, 0, 0, 0, 0] }],
    ['by giving infinities', { scores: () => [Infinity, 0, 0, 0, 0] }],
    ['by giving too few scores', { scores: () => [1, 2] }],
  ] satisfies [string, FakeModel][])('%s is skipped too', async (_, nano) => {
    const ports = createFakePorts({ models: { nano, base: says('balance', 0.99) } });
    expect(await createRuntime(ports).run(question)).toMatchObject({
      tier: 'base',
      verdict: { degraded: 'tier-failed' },
    });
  });

  it('is no part of the plan while its weights are missing', async () => {
    const ports = createFakePorts({ models: { nano: {}, base: says('balance', 0.99) } });
    ports.store.missing.add('nano/int8.onnx');
    const { tier, trace } = await createRuntime(ports).run(question);
    expect(tier).toBe('base');
    const rejected = expect.arrayContaining([expect.objectContaining({ tier: 'nano', code: 'storage' })]);
    expect(trace[0]).toMatchObject({ kind: 'plan', rejected });
  });

  it('is skipped when its weights have gone since the plan was made', async () => {
    const ports = createFakePorts({ models: { nano: {}, base: says('balance', 0.99) } });
    const store = { ...ports.store, presence: () => 'here' as const };
    ports.store.missing.add('nano/int8.onnx');
    const { tier, trace } = await createRuntime({ ...ports, store }).run(question);
    expect(tier).toBe('base');
    expect(trace).toContainEqual(
      expect.objectContaining({ kind: 'failed', tier: 'nano', code: ArtifactMissingError.code }),
    );
  });

  it('by answering its self-test wrongly with one provider does without that provider, and tells no one but the trace', async () => {
    const wrong = new Set<string>();
    const selfTest: SelfTest = {
      reference: 'cpu',
      async verify({ tier, provider }) {
        if (tier.id !== 'nano') return { kind: 'passed', basis: 'golden', numbers: {} };
        wrong.add(provider);
        return { kind: 'failed', basis: 'golden', reason: 'its mean cosine is 0.5', numbers: {} };
      },
      verifyAnew: () => Promise.reject(new Error('nobody asks for it')),
      race: () => Promise.reject(new Error('nobody asks for it')),
      inspect: (loaded, engine) => inspectSession({ ...loaded, selfTest, engine, store: ports.store }),
      measurements: async () => [],
      demotions: async () =>
        [...wrong].map((provider) => ({
          kind: 'wrong',
          variantId: exampleNano().variants[0]!.weights.sha256,
          provider,
          reason: 'its mean cosine is 0.5',
        })),
    };
    const ports = createFakePorts({ models: { nano: {}, base: says('balance', 0.99) } });
    const runtime = createRuntime({ ...ports, selfTest });
    const { tier, trace } = await runtime.run(question);
    expect(tier).toBe('base');
    expect(trace).toContainEqual(expect.objectContaining({ kind: 'failed', tier: 'nano', code: 'PROVIDER_WRONG' }));
    const again = await runtime.run(question);
    const rejected = expect.arrayContaining([expect.objectContaining({ tier: 'nano', code: 'untrusted' })]);
    expect(again.trace[0]).toMatchObject({ kind: 'plan', rejected });
    expect(again.trace.some(({ kind }) => kind === 'failed')).toBe(false);
  });

  it('above a good answer leaves that answer, degraded', async () => {
    const ports = createFakePorts({ models: { nano: says('new_card', 0.5), base: { onRun: fail() } } });
    const result = await createRuntime(ports).run(question);
    expect(result).toMatchObject({
      tier: 'nano',
      output: { label: 'new_card' },
      verdict: { kind: 'accept', degraded: 'tier-failed' },
    });
  });

  it('is left alone until it has cooled down, and then tried again', async () => {
    const ports = createFakePorts({
      models: { nano: says('balance', 0.99, { onLoad: fail() }), base: says('balance', 0.99) },
    });
    const runtime = createRuntime(ports);
    await runtime.run(question);
    const next = await runtime.run(question);
    expect(next).toMatchObject({ tier: 'base', verdict: { degraded: undefined } });
    expect(next.trace[0]).toMatchObject({
      kind: 'plan',
      ladder: ['base'],
      rejected: [expect.objectContaining({ tier: 'nano', code: 'failed' })],
    });
    expect(ports.engine.loads.filter(({ modelId }) => modelId === 'nano')).toHaveLength(1);
    delete ports.engine.models['nano']!.onLoad;
    ports.clock.advance(60_000);
    expect((await runtime.run(question)).tier).toBe('nano');
  });

  it('is the error of the request when there is no other', async () => {
    const ports = createFakePorts({
      models: { nano: { onLoad: fail('nano broke') }, base: { onLoad: fail('base broke') } },
    });
    await expect(createRuntime(ports).run(question)).rejects.toThrow('base broke');
  });

  it('is the error of a request for it alone', async () => {
    const ports = createFakePorts({ models: { nano: says('balance', 0.99), base: { onRun: fail('base broke') } } });
    const runtime = createRuntime(ports);
    const failed = runtime.run({ ...question, policy: 'base' });
    await expect(failed).rejects.toSatisfy(EngineError.isInstance.bind(EngineError));
    await expect(runtime.run(question)).resolves.toMatchObject({ tier: 'nano' });
  });

  it('with an error that is not ours is a fault, and not hidden', async () => {
    const bug = new TypeError('x is not a function');
    const nano = { onRun: () => Promise.reject(bug) };
    await expect(
      createRuntime(createFakePorts({ models: { nano, base: says('balance', 0.99) } })).run(question),
    ).rejects.toBe(bug);
  });

  it('does not keep the device from being asked later when its probe fails once', async () => {
    const ports = createFakePorts({ models: { nano: says('balance', 0.99) } });
    let probes = 0;
    const probe = {
      profile: async () => {
        if (++probes === 1) throw new Error('no /proc');
        return ports.probe.profile();
      },
    };
    const runtime = createRuntime({ ...ports, probe });
    await expect(runtime.run(question)).rejects.toThrow('no /proc');
    await expect(runtime.run(question)).resolves.toMatchObject({ tier: 'nano' });
  });
});
