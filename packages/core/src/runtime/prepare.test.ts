import { describe, expect, it } from 'vitest';
import type { FetchProgress } from '../ports/model-store.js';
import { createRuntime } from '../runtime.js';
import { createFakePorts } from '../testing/index.js';

describe('recommend', () => {
  it('tells of a request what would answer it and how fast, and downloads and loads nothing', async () => {
    const ports = createFakePorts();
    const { models } = ports.catalog.current();
    for (const { variants } of models) ports.store.fetchable.add(variants[0]!.weights.path);
    const runtime = createRuntime(ports);
    const { ladder, ranked, rejected } = await runtime.recommend({ domain: 'bank' });
    expect(ladder.map(({ tier }) => tier.id)).toEqual(['nano', 'base']);
    expect(ranked.every(({ estimate }) => estimate.latencyMs > 0 && estimate.memoryBytes > 0)).toBe(true);
    expect(rejected).toEqual([]);
    expect(ports.engine.loads).toEqual([]);
    expect(ports.store.fetchable.size).toBe(models.length);
    await expect(runtime.recommend({ domain: 'nowhere' })).rejects.toMatchObject({ code: 'UNKNOWN_DOMAIN' });
    await runtime.close();
  });
});

describe('prepare', () => {
  it('loads every rung, so that the first request finds it warm', async () => {
    const ports = createFakePorts();
    const runtime = createRuntime(ports);
    await runtime.prepare({ domain: 'bank' });
    const loads = ports.engine.loads.length;
    expect(loads).toBeGreaterThan(1);
    const { trace } = await runtime.run({ text: 'where is my card', domain: 'bank' });
    expect(ports.engine.loads.length).toBe(loads);
    expect(trace.map(({ kind }) => kind)).not.toContain('load');
    await runtime.close();
  });

  it('tells how far it is, of all files together from the first event on, and nothing when all are here', async () => {
    const ports = createFakePorts();
    const { models } = ports.catalog.current();
    const [nano, base] = models.map(({ variants }) => variants[0]!.weights);
    for (const file of [nano!, base!]) ports.store.fetchable.add(file.path);
    const runtime = createRuntime(ports);
    const events: FetchProgress[] = [];
    await runtime.prepare({ domain: 'bank' }, { onProgress: (event) => events.push(event) });
    const totalBytes = nano!.bytes + base!.bytes;
    expect(new Set(events.map((event) => event.totalBytes))).toEqual(new Set([totalBytes]));
    expect(events[0]!.doneBytes).toBe(0);
    expect(events.at(-1)!.doneBytes).toBe(totalBytes);
    const again: FetchProgress[] = [];
    await runtime.prepare({ domain: 'bank' }, { onProgress: (event) => again.push(event) });
    expect(again).toEqual([]);
    await runtime.close();
  });

  it('counts a download as waiting, and not as the run it is for', async () => {
    const ports = createFakePorts();
    ports.store.fetchable.add(ports.catalog.current().models[0]!.variants[0]!.weights.path);
    const { locate } = ports.store;
    const store = {
      ...ports.store,
      locate: async (...asked: Parameters<typeof locate>) => {
        if (ports.store.presence(asked[0]) === 'fetchable') await ports.clock.advance(500);
        return locate(...asked);
      },
    };
    const runtime = createRuntime({ ...ports, store });
    const { trace } = await runtime.run({ text: 'where is my card', domain: 'bank', policy: 'nano' });
    expect(trace.find(({ kind }) => kind === 'load')).toMatchObject({ durationMs: 500 });
    expect(trace.find(({ kind }) => kind === 'run')).toMatchObject({ durationMs: 0 });
    await runtime.close();
  });

  it('refuses what no request could ask for, and ends with the signal', async () => {
    const runtime = createRuntime(createFakePorts());
    await expect(runtime.prepare({ domain: 'nowhere' })).rejects.toMatchObject({ code: 'UNKNOWN_DOMAIN' });
    const signal = AbortSignal.abort(new Error('the page was left'));
    await expect(runtime.prepare({ domain: 'bank' }, { signal })).rejects.toThrow('the page was left');
    await runtime.close();
  });
});
