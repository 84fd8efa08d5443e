import { beforeEach, describe, expect, it } from 'vitest';
import type { LocalTier } from '../catalog/tier.js';
import { ArtifactMissingError } from '../errors/artifact-missing-error.js';
import { EngineError } from '../errors/engine-error.js';
import { exampleTier } from '../testing/example-rungs.js';
import {
  createFakeEngine,
  createFakeStore,
  exampleDelta,
  fakeFile,
  type FakeEngine,
  type FakeStore,
} from '../testing/index.js';
import { createLoader, type LoadEvent, type Loader } from './loader.js';

const nano = exampleTier('nano');
const options = { provider: 'cpu', expectedRunMs: 1 };
const broken = () => new EngineError({ message: 'The runtime refused.', hint: 'Try again.' });
const otherVariant = (tier: LocalTier, name = 'newer'): LocalTier => ({
  ...tier,
  variant: { ...tier.variant, weights: fakeFile(`${tier.id}/${name}.onnx`) },
});
const input = (tier: LocalTier) =>
  ({ task: 'text-classification', text: 'hello', deltaId: tier.delta?.contentId }) as const;

/** A promise that is settled from outside. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open: () => open() };
}

/** Lets everything happen that waits for nothing but its turn. */
const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

describe('the loader', () => {
  let engine: FakeEngine;
  let store: FakeStore;
  let events: LoadEvent[];
  let loader: Loader;
  beforeEach(() => {
    engine = createFakeEngine({ models: { nano: {}, base: {} } });
    store = createFakeStore();
    events = [];
    loader = createLoader({ engine, store, onLoad: (event) => events.push(event) });
  });

  it('loads a variant once however many ask, and keeps it', async () => {
    const leases = await Promise.all(Array.from({ length: 20 }, () => loader.acquire(nano, options)));
    expect(engine.loads).toHaveLength(1);
    expect(new Set(leases.map(({ session }) => session)).size).toBe(1);
    for (const { done } of leases) done();
    await loader.acquire(nano, options);
    expect(engine.loads).toHaveLength(1);
    expect(engine.released).toEqual([]);
    expect(loader.isLoaded(nano)).toBe(true);
    expect(loader.isLoaded(exampleTier('base'))).toBe(false);
  });

  it('tells the engine all it needs as plain data', async () => {
    await loader.acquire(nano, { provider: 'wasm', expectedRunMs: 7 });
    const [model] = engine.loads;
    expect(model).toMatchObject({
      variantId: nano.variant.weights.sha256,
      modelId: 'nano',
      provider: 'wasm',
      expectedRunMs: 7,
    });
    expect(model!.graph).toEqual({ interface: 'terrace', layers: 0, hidden: 256, features: 768 });
    expect(structuredClone(model)).toEqual(model);
  });

  it('reports each load once, with what it took and what it replaced', async () => {
    await Promise.all([loader.acquire(nano, options), loader.acquire(nano, options)]);
    const newer = otherVariant(nano);
    await loader.acquire(newer, options);
    expect(events.map(({ tier, replaces }) => [tier, replaces])).toEqual([
      [nano, undefined],
      [newer, nano.variant.weights.sha256],
    ]);
    expect(events[0]!.report).toMatchObject({ loadMs: 1, thread: 'inline' });
  });

  it('sums the memory of what is loaded', async () => {
    engine.models['nano'] = { peakMemoryBytes: 5 };
    engine.models['base'] = { peakMemoryBytes: 70 };
    expect(loader.loadedBytes()).toBe(0);
    await loader.acquire({ ...nano, delta: undefined }, options);
    await loader.acquire({ ...exampleTier('base'), delta: undefined }, options);
    expect(loader.loadedBytes()).toBe(75);
  });

  it('FIELD-BUG 1: a failed load does not poison a later one', async () => {
    let attempts = 0;
    engine.models['nano'] = {
      onLoad() {
        attempts++;
        if (attempts === 1) throw broken();
      },
    };
    const first = await Promise.allSettled([loader.acquire(nano, options), loader.acquire(nano, options)]);
    expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(attempts).toBe(1);
    expect(loader.isLoaded(nano)).toBe(false);
    const { session } = await loader.acquire(nano, options);
    await expect(session.run(input(nano))).resolves.toBeDefined();
    expect(events).toHaveLength(1);
  });

  it('forgets that a file was missing', async () => {
    store.missing.add(nano.variant.weights.path);
    await expect(loader.acquire(nano, options)).rejects.toSatisfy(
      ArtifactMissingError.isInstance.bind(ArtifactMissingError),
    );
    store.missing.clear();
    await expect(loader.acquire(nano, options)).resolves.toBeDefined();
  });

  describe('when a caller aborts', () => {
    it('ends the wait of that caller with its reason, and the load goes on for the others', async () => {
      const { passed, open } = gate();
      engine.models['nano'] = { onLoad: () => passed };
      const controller = new AbortController();
      const reason = new Error('changed my mind');
      const impatient = loader.acquire(nano, options, controller.signal);
      const patient = loader.acquire(nano, options);
      controller.abort(reason);
      await expect(impatient).rejects.toBe(reason);
      open();
      await expect(patient).resolves.toBeDefined();
      expect(engine.loads).toHaveLength(1);
    });

    it('keeps what was loaded for nobody, for the next one', async () => {
      const { passed, open } = gate();
      engine.models['nano'] = { onLoad: () => passed };
      const controller = new AbortController();
      const impatient = loader.acquire(nano, options, controller.signal);
      controller.abort(new Error('enough'));
      await expect(impatient).rejects.toThrow('enough');
      open();
      await settled();
      expect(loader.isLoaded(nano)).toBe(true);
    });

    it('does nothing for a signal that is already aborted', async () => {
      const controller = new AbortController();
      controller.abort(new Error('before'));
      await expect(loader.acquire(nano, options, controller.signal)).rejects.toThrow('before');
      expect(engine.loads).toEqual([]);
    });

    it('does not wait for a delta either', async () => {
      const { passed, open } = gate();
      engine.models['nano'] = { onAttach: () => passed };
      const controller = new AbortController();
      const impatient = loader.acquire(nano, options, controller.signal);
      const patient = loader.acquire(nano, options);
      await settled();
      controller.abort(new Error('enough'));
      await expect(impatient).rejects.toThrow('enough');
      open();
      await expect((await patient).session.run(input(nano))).resolves.toBeDefined();
      expect(engine.attached).toHaveLength(1);
    });
  });

  describe('with deltas', () => {
    const clinic = { ...nano, delta: exampleDelta(nano.model, { contentId: 'c'.repeat(64), domain: 'clinic' }) };

    it('attaches each delta once, beside the others', async () => {
      await Promise.all([nano, nano, clinic, nano, clinic].map((tier) => loader.acquire(tier, options)));
      store.missing.add(nano.delta!.head.path);
      await loader.acquire(nano, options);
      expect(engine.attached.toSorted()).toEqual([clinic.delta.contentId, nano.delta!.contentId].toSorted());
      expect(engine.loads).toHaveLength(1);
    });

    it('forgets that a delta failed', async () => {
      store.missing.add(nano.delta!.head.path);
      await expect(loader.acquire(nano, options)).rejects.toThrow(ArtifactMissingError);
      store.missing.clear();
      const { session } = await loader.acquire(nano, options);
      await expect(session.run(input(nano))).resolves.toBeDefined();
    });

    it('loads a plain base without any', async () => {
      await loader.acquire({ ...nano, delta: undefined }, options);
      expect(engine.attached).toEqual([]);
    });
  });

  describe('make before break', () => {
    const newer = otherVariant(nano);
    const oldId = nano.variant.weights.sha256;

    it('lets the old variant go when the new one is loaded', async () => {
      (await loader.acquire(nano, options)).done();
      const { passed, open } = gate();
      engine.models['nano'] = { onLoad: () => passed };
      const switching = loader.acquire(newer, options);
      await settled();
      expect(engine.released).toEqual([]);
      expect(loader.isLoaded(nano)).toBe(true);
      open();
      await switching;
      expect(engine.released).toEqual([oldId]);
      expect(loader.isLoaded(nano)).toBe(false);
    });

    it('keeps the old variant until its last run is over', async () => {
      const [first, second] = [await loader.acquire(nano, options), await loader.acquire(nano, options)];
      await loader.acquire(newer, options);
      first.done();
      expect(engine.released).toEqual([]);
      await expect(second.session.run(input(nano))).resolves.toBeDefined();
      second.done();
      expect(engine.released).toEqual([oldId]);
    });

    it('keeps the old variant when the new one cannot be loaded', async () => {
      const { session } = await loader.acquire(nano, options);
      engine.models['nano'] = {
        onLoad() {
          throw broken();
        },
      };
      await expect(loader.acquire(newer, options)).rejects.toThrow(EngineError);
      await expect(session.run(input(nano))).resolves.toBeDefined();
      expect(loader.isLoaded(nano)).toBe(true);
    });

    it('loads the old variant again for who still asks for it', async () => {
      await loader.acquire(nano, options);
      (await loader.acquire(newer, options)).done();
      const { session } = await loader.acquire(nano, options);
      await expect(session.run(input(nano))).resolves.toBeDefined();
      expect(engine.loads).toHaveLength(3);
    });

    it('never hands out a session that another variant has just replaced', async () => {
      const { passed, open } = gate();
      engine.models['nano'] = { onLoad: () => passed };
      const both = [nano, newer].map(async (tier) => {
        const { session, done } = await loader.acquire(tier, options);
        const ran = await session.run(input(tier)).finally(done);
        return ran.values.length;
      });
      await settled();
      open();
      expect(await Promise.all(both)).toEqual([5, 5]);
    });
  });

  it('has nothing loaded once it is closed', async () => {
    const { session } = await loader.acquire(nano, options);
    await loader.close();
    expect(loader.isLoaded(nano)).toBe(false);
    await expect(session.run(input(nano))).rejects.toThrow(EngineError);
  });
});
