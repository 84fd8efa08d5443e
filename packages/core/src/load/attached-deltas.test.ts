import { describe, expect, it } from 'vitest';
import type { LocalTier } from '../catalog/tier.js';
import { exampleTier } from '../testing/example-rungs.js';
import { createFakeEngine, createFakeStore, exampleDelta, fakeSha } from '../testing/index.js';
import { createLoader } from './loader.js';

const nano = exampleTier('nano');
const options = { provider: 'cpu', expectedRunMs: 1 };

/** Domains whose heads take 3 MB each. */
const tiers = Array.from({ length: 50 }, (_, i): LocalTier & { delta: object } => {
  const labels = Array.from({ length: 1000 }, (__, label) => `${label}`);
  return { ...nano, delta: exampleDelta(nano.model, { contentId: fakeSha(`delta ${i}`), domain: `d${i}`, labels }) };
});

/** Runs each tier's delta on a session that all share; a turn passes between attaching and running. */
function open() {
  const engine = createFakeEngine({ models: { nano: { onAttach: () => Promise.resolve() } } });
  const loader = createLoader({ engine, store: createFakeStore(), onLoad: () => undefined });
  const ask = async (tier: LocalTier): Promise<number> => {
    const { session, done } = await loader.acquire(tier, options);
    await new Promise((resolve) => void setTimeout(resolve, 0));
    const input = { task: 'text-classification', text: 'hello', deltaId: tier.delta?.contentId } as const;
    const { values } = await session.run(input).finally(done);
    return values.length;
  };
  return { engine, loader, ask };
}

describe('the deltas of a session', () => {
  it('stay while they are used, however many there are', async () => {
    const { engine, ask } = open();
    const asked = Array.from({ length: 100 }, (_, i) => ask(tiers[i % 50]!));
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 100 }, () => 1000));
    expect(engine.loads).toHaveLength(1);
    expect(engine.attached).toHaveLength(50);
  });

  it('go when they are too many and nobody uses them, least recently used first', async () => {
    const { engine, ask } = open();
    for (const tier of tiers) await ask(tier);
    expect(engine.attached).toHaveLength(50);
    await ask(tiers[49]!);
    await ask(tiers[10]!);
    expect(engine.attached).toHaveLength(50);
    await ask(tiers[0]!);
    expect(engine.attached).toHaveLength(51);
  });

  it('count among what is held', async () => {
    const { loader, ask } = open();
    await ask({ ...nano, delta: undefined });
    const before = loader.loadedBytes();
    await ask(tiers[0]!);
    await ask(tiers[1]!);
    expect(loader.loadedBytes() - before).toBe(2 * 4 * 1000 * (nano.model.features + 1));
  });
});
