import { beforeEach, describe, expect, it } from 'vitest';
import type { LocalTier } from '../catalog/tier.js';
import { EngineError } from '../errors/engine-error.js';
import type { EngineSession } from '../ports/model-engine.js';
import { exampleTier } from '../testing/example-rungs.js';
import {
  createFakeClock,
  createFakeEngine,
  createFakeStore,
  fakeFile,
  type FakeClock,
  type FakeEngine,
} from '../testing/index.js';
import { createLoader, type Loader } from './loader.js';

const onWasm = { provider: 'wasm', expectedRunMs: 1, memoryBytes: 10 };
const onGpu = { ...onWasm, provider: 'webgpu' };
const idOf = ({ variant }: LocalTier): string => variant.weights.sha256;
const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));
const question = { task: 'feature-extraction', text: 'hello', deltaId: undefined } as const;

/** Tiers of different models, 10 bytes each. */
const tierOf = (id: string, file = id): LocalTier => {
  const nano = exampleTier('nano');
  const variant = { ...nano.variant, weights: fakeFile(`${file}.onnx`) };
  return { ...nano, id, model: { ...nano.model, id }, variant, delta: undefined };
};
const [a, otherA, b] = [tierOf('a'), tierOf('a', 'a-q4'), tierOf('b')];

let clock: FakeClock;
let engine: FakeEngine;
let loader: Loader;
let ceiling: number;
let lost: string[];

beforeEach(() => {
  clock = createFakeClock();
  engine = createFakeEngine({ models: { a: { peakMemoryBytes: 10 }, b: { peakMemoryBytes: 10 } }, thread: 'worker' });
  ceiling = 30;
  lost = [];
  loader = createLoader({
    engine,
    store: createFakeStore(),
    onLoad: () => undefined,
    onLost: ({ tier, provider }) => lost.push(`${tier.id} ${provider}`),
    memory: { clock, idleUnloadMs: 60_000, ceilingBytes: () => ceiling },
  });
});

const use = async (tier: LocalTier, options = onWasm): Promise<void> => (await loader.acquire(tier, options)).done();
const never = new AbortController().signal;
/** A trial that goes on until it is ended. */
function startTrial(tier: LocalTier, signal = never) {
  let end = (): void => undefined;
  const work = (_: EngineSession, limited: AbortSignal): Promise<string> =>
    new Promise((resolve, reject) => {
      end = () => resolve('done');
      limited.addEventListener('abort', () => reject(limited.reason as Error));
    });
  return { trial: loader.tryOut(tier, onGpu, work, signal), end: () => end() };
}

describe('a trial', () => {
  it('has a session of its own, beside the one in use, and lets it go', async () => {
    await use(a);
    const values = await loader.tryOut(a, onGpu, async (session) => (await session.run(question)).values, never);
    expect(values).toHaveLength(2);
    await settled();
    expect(engine.loads.map(({ provider }) => provider)).toEqual(['wasm', 'webgpu']);
    expect(engine.released).toEqual([idOf(a)]);
    expect(loader.providerOf(a)).toBe('wasm');
    expect(loader.seats(a)).toBe(1);
    expect(loader.loadedBytes()).toBe(10);
  });

  it('is counted with its memory, and never offered', async () => {
    const { trial, end } = startTrial(a);
    await settled();
    expect(loader.loadedBytes()).toBe(10);
    expect(loader.isLoaded(a)).toBe(false);
    end();
    expect(await trial).toBe('done');
    await settled();
    expect(loader.loadedBytes()).toBe(0);
  });

  it('takes no memory from what is in use', async () => {
    ceiling = 15;
    await use(a);
    expect(await loader.tryOut(b, onGpu, async () => 'done', never)).toBeUndefined();
    expect(engine.loads).toHaveLength(1);
    expect(loader.isLoaded(a)).toBe(true);
  });

  it('gives way to a load that needs its memory, and before anything in use has to go', async () => {
    ceiling = 20;
    await use(a);
    const { trial } = startTrial(otherA);
    await settled();
    await use(b);
    expect(await trial).toBeUndefined();
    expect(engine.released).toEqual([idOf(otherA)]);
    expect([loader.isLoaded(a), loader.isLoaded(b)]).toEqual([true, true]);
  });

  it('goes on beside a load that does not need its memory', async () => {
    const { trial, end } = startTrial(a);
    await settled();
    await use(b);
    end();
    expect(await trial).toBe('done');
  });

  it('gives up its turn to load for a load that somebody waits for', async () => {
    engine.models['a'] = { onLoad: () => new Promise(() => undefined) };
    const trial = loader.tryOut(a, onGpu, async () => 'done', never);
    await settled();
    await use(b);
    expect(await trial).toBeUndefined();
  });

  it('is not unloaded as idle, nor its variant with it', async () => {
    const { trial, end } = startTrial(a);
    await settled();
    await use(b);
    clock.advance(120_000);
    await settled();
    expect(engine.released).toEqual([idOf(b)]);
    end();
    expect(await trial).toBe('done');
  });

  it('ends with the reason of its signal, or with what the work fails with, and is let go', async () => {
    const control = new AbortController();
    const { trial } = startTrial(a, control.signal);
    await settled();
    control.abort(new Error('closed'));
    await expect(trial).rejects.toThrow('closed');
    await expect(loader.tryOut(a, onGpu, () => Promise.reject(new Error('wrong')), never)).rejects.toThrow('wrong');
    await expect(loader.tryOut(a, onGpu, async () => 'done', control.signal)).rejects.toThrow('closed');
    await settled();
    expect(engine.released).toHaveLength(2);
    expect(loader.loadedBytes()).toBe(0);
  });

  it('FIELD-BUG 1: fails alone when it cannot be loaded', async () => {
    await use(b);
    engine.models['a'] = {
      onLoad() {
        throw new EngineError({ message: 'The runtime refused.', hint: 'Try again.' });
      },
    };
    await expect(loader.tryOut(a, onGpu, async () => 'done', never)).rejects.toThrow(EngineError);
    engine.models['a'] = {};
    await use(a);
    expect(lost).toEqual([]);
  });
});

describe('another provider takes over', () => {
  it('when it is loaded, and not before the last run on the old one is over', async () => {
    const { session, done } = await loader.acquire(a, onWasm);
    await loader.takeOver(a, onGpu);
    expect(loader.providerOf(a)).toBe('webgpu');
    await expect(session.run(question)).resolves.toBeDefined();
    expect(engine.released).toEqual([]);
    done();
    expect(engine.released).toEqual([idOf(a)]);
    await use(a);
    expect(engine.loads).toHaveLength(2);
  });

  it('with another variant of the model', async () => {
    await use(a);
    await loader.takeOver(otherA, onGpu);
    expect([loader.isLoaded(a), loader.providerOf(otherA)]).toEqual([false, 'webgpu']);
  });

  it('of what is not loaded any more: then nobody needs it', async () => {
    await loader.takeOver(a, onGpu);
    expect(engine.loads).toEqual([]);
  });

  it('where there is no room for both: the next caller loads it', async () => {
    ceiling = 10;
    await use(a);
    await loader.takeOver(a, onGpu);
    expect(loader.isLoaded(a)).toBe(false);
    await use(a, onGpu);
    expect(engine.loads.map(({ provider }) => provider)).toEqual(['wasm', 'webgpu']);
  });

  it('and what fails leaves the old one in use', async () => {
    await use(a);
    engine.models['a'] = {
      onLoad() {
        throw new EngineError({ message: 'The runtime refused.', hint: 'Try again.' });
      },
    };
    await expect(loader.takeOver(a, onGpu)).rejects.toThrow(EngineError);
    expect(loader.providerOf(a)).toBe('wasm');
  });

  it('also for workers that are added later, whatever they are asked for with', async () => {
    await use(a, onGpu);
    await loader.widen(a, onWasm);
    expect(engine.loads.map(({ provider }) => provider)).toEqual(['webgpu', 'webgpu']);
    expect(loader.seats(a)).toBe(2);
  });
});

it('a session that has ended by itself is told of once', async () => {
  await use(a, onGpu);
  engine.models['a'] = { dead: true };
  engine.models['a'].onLoad = () => void (engine.models['a'] = {});
  await use(a, onGpu);
  await use(a, onGpu);
  expect(lost).toEqual(['a webgpu']);
});
