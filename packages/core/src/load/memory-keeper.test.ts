import { beforeEach, describe, expect, it } from 'vitest';
import type { LocalTier } from '../catalog/tier.js';
import { EngineError } from '../errors/engine-error.js';
import { exampleTier } from '../testing/example-rungs.js';
import {
  createFakeClock,
  createFakeEngine,
  createFakeStore,
  fakeFile,
  type FakeClock,
  type FakeEngine,
} from '../testing/index.js';
import { RUNTIME_BYTES } from '../recommend/predict.js';
import { createLoader, type Loader } from './loader.js';

const options = { provider: 'cpu', expectedRunMs: 1, memoryBytes: 10 };
const idleUnloadMs = 60_000;

/** Tiers of different models, 10 bytes each. */
const tierOf = (id: string): LocalTier => {
  const nano = exampleTier('nano');
  const variant = { ...nano.variant, weights: fakeFile(`${id}.onnx`) };
  return { ...nano, id, model: { ...nano.model, id }, variant, delta: undefined };
};
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(tierOf) as [LocalTier, LocalTier, LocalTier, LocalTier];
const idOf = ({ variant }: LocalTier): string => variant.weights.sha256;
const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

describe('the loader under a memory ceiling', () => {
  let clock: FakeClock;
  let engine: FakeEngine;
  let loader: Loader;
  let ceiling: number;

  beforeEach(() => {
    clock = createFakeClock();
    const model = { peakMemoryBytes: 10 };
    engine = createFakeEngine({
      models: { a: { ...model }, b: { ...model }, c: { ...model }, d: { ...model } },
      thread: 'worker',
    });
    ceiling = 30;
    loader = createLoader({
      engine,
      store: createFakeStore(),
      onLoad: () => undefined,
      memory: { clock, idleUnloadMs, ceilingBytes: () => ceiling },
    });
  });

  const use = async (tier: LocalTier): Promise<void> => {
    const { done } = await loader.acquire(tier, options);
    clock.advance(1);
    done();
  };
  /** Enough for a worker to leave something behind. */
  const wearOut = async (tier: LocalTier): Promise<void> => {
    for (let i = 0; i < 100; i++) await use(tier);
  };

  it('lets go of what was used least recently, and loads it again when it is asked for', async () => {
    for (const tier of [a, b, c, a, d]) await use(tier);
    expect(engine.released).toEqual([idOf(b)]);
    expect([a, b, c, d].map((tier) => loader.isLoaded(tier))).toEqual([true, false, true, true]);
    await use(b);
    expect(engine.released).toEqual([idOf(b), idOf(c)]);
    expect(loader.loadedBytes()).toBe(30);
  });

  it('waits until the last run of what it evicts is over', async () => {
    const leases = [
      await loader.acquire(a, options),
      await loader.acquire(b, options),
      await loader.acquire(c, options),
    ];
    const loading = loader.acquire(d, options);
    await settled();
    expect(engine.loads).toHaveLength(3);
    expect(engine.released).toEqual([]);
    leases[0]!.done();
    await expect(loading).resolves.toBeDefined();
    expect(engine.released).toEqual([idOf(a)]);
  });

  it('loads what is larger than the ceiling by itself: whoever asked has been told what fits', async () => {
    ceiling = 5;
    await use(a);
    await use(b);
    expect(engine.released).toEqual([idOf(a)]);
    expect(loader.isLoaded(b)).toBe(true);
  });

  it('takes another worker only from free memory, and gives it up first', async () => {
    await use(a);
    expect(await loader.widen(a, options)).toBe(true);
    expect(loader.seats(a)).toBe(2);
    await use(b);
    expect(await loader.widen(b, options)).toBe(false);
    expect(loader.seats(b)).toBe(1);
    await use(c);
    expect([loader.seats(a), loader.seats(b), loader.seats(c)]).toEqual([1, 1, 1]);
  });

  it('never holds more than the ceiling, in whatever order tiers are asked for', async () => {
    let most = 0;
    const peek = (): void => void (most = Math.max(most, engine.loads.length - engine.released.length));
    for (const each of Object.values(engine.models)) each.onLoad = peek;
    const asks = Array.from({ length: 60 }, (_, i) => [a, b, c, d][(i * 7 + (i >> 2)) % 4]!);
    await Promise.all(asks.map(use));
    expect(most).toBeLessThanOrEqual(3);
    expect(loader.loadedBytes()).toBeLessThanOrEqual(30);
  });

  it('unloads what nobody has used for a while: it scales to zero', async () => {
    await use(a);
    clock.advance(idleUnloadMs / 2);
    await settled();
    await use(b);
    clock.advance(idleUnloadMs / 2);
    await settled();
    expect([loader.isLoaded(a), loader.isLoaded(b)]).toEqual([false, true]);
    clock.advance(idleUnloadMs);
    await settled();
    expect(loader.isLoaded(b)).toBe(false);
    expect(loader.loadedBytes()).toBe(0);
    await use(a);
    expect(engine.loads).toHaveLength(3);
  });

  it('FIELD-BUG 8: replaces a worker when the process holds more than its models account for', async () => {
    await wearOut(a);
    const { done, session } = await loader.acquire(a, options);
    engine.residentNow = RUNTIME_BYTES + 31;
    clock.advance(2000);
    await use(b);
    await settled();
    expect(engine.loads.map(({ modelId }) => modelId)).toEqual(['a', 'b', 'a']);
    // A run under way ends where it began.
    await expect(session.run({ task: 'feature-extraction', text: 'hello', deltaId: undefined })).resolves.toBeDefined();
    expect(engine.released).toEqual([]);
    done();
    expect(engine.released).toEqual([idOf(a)]);
    expect(loader.seats(a)).toBe(1);
    clock.advance(2000);
    await use(a);
    await settled();
    expect(engine.loads).toHaveLength(3);
  });

  it('FIELD-BUG 8: lets the next request load anew where there is no room for both', async () => {
    ceiling = 10;
    await wearOut(a);
    engine.residentNow = RUNTIME_BYTES + 11;
    clock.advance(2000);
    await use(a);
    await settled();
    expect(engine.released).toEqual([idOf(a)]);
    await use(a);
    expect(engine.loads).toHaveLength(2);
  });

  it('replaces a worker whose own memory has grown past its budget, with what it took at first', async () => {
    ceiling = 35;
    await use(a);
    const { done } = await loader.acquire(a, options);
    engine.models['a']!.heldBytes = 25;
    expect(loader.loadedBytes()).toBe(25);
    clock.advance(2000);
    await use(a);
    await settled();
    expect(engine.loads.map(({ modelId }) => modelId)).toEqual(['a', 'a']);
    expect(engine.released).toEqual([]);
    delete engine.models['a']!.heldBytes;
    done();
    await settled();
    expect(engine.released).toEqual([idOf(a)]);
    expect([loader.seats(a), loader.loadedBytes()]).toEqual([1, 10]);
  });

  it('FIELD-BUG 8: replaces ever less often what does not help', async () => {
    engine.residentNow = RUNTIME_BYTES + 1000;
    for (let minute = 0; minute < 60; minute++) {
      await wearOut(a);
      clock.advance(50_000);
      await use(a);
      await settled();
    }
    expect(engine.loads.length).toBeLessThan(10);
  });

  it('gives another worker to no variant that was replaced or unloaded meanwhile', async () => {
    await use(a);
    let open = (): void => undefined;
    engine.models['b']!.onLoad = () => new Promise<void>((resolve) => void (open = resolve));
    const loading = use(b);
    await settled();
    const widened = loader.widen(a, options);
    loader.discard(a);
    open();
    await loading;
    expect(await widened).toBe(false);
    expect(loader.isLoaded(a)).toBe(false);
  });

  it('hands out no session whose thread has ended', async () => {
    await use(a);
    engine.models['a']!.dead = true;
    engine.models['a']!.onLoad = () => void (engine.models['a']!.dead = false);
    await use(a);
    expect(engine.loads).toHaveLength(2);
  });

  it('holds nothing and nobody once it is closed', async () => {
    await use(a);
    await loader.close();
    await settled();
    expect(clock.sleepers()).toBe(0);
  });

  it('forgets a load that failed, and the memory it would have taken', async () => {
    engine.models['d'] = {
      onLoad() {
        throw new EngineError({ message: 'The runtime refused.', hint: 'Try again.' });
      },
    };
    for (const tier of [a, b, c]) await use(tier);
    await expect(loader.acquire(d, options)).rejects.toThrow(EngineError);
    expect(loader.loadedBytes()).toBe(20);
    await use(a);
    expect(loader.loadedBytes()).toBe(30);
  });
});
