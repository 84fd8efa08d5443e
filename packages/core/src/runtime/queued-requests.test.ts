import { describe, expect, it } from 'vitest';
import { EngineError } from '../errors/engine-error.js';
import { createRuntime } from '../runtime.js';
import { exampleCalibration } from '../testing/example-calibration.js';
import { exampleCatalog, exampleDelta, exampleNano } from '../testing/example-catalog.js';
import { exampleEndpoint, exampleTwin } from '../testing/example-endpoint.js';
import { createFakeSite, jsonReply } from '../testing/fake-site.js';
import {
  createFakeCatalogSource,
  createFakePorts,
  createMemoryQueue,
  EXAMPLE_LABELS,
  fakeSha,
  scoresFor,
} from '../testing/index.js';
import type { RuntimePorts } from './stages.js';
import { spentBudget } from '../testing/spent-budget.js';
import { withRequests } from './request-budget.js';

const question = { text: 'freeze my card', domain: 'bank', whenOffline: 'queue' } as const;
const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => void setTimeout(resolve, 0));
};
const gone = () => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

/** A box that holds nano alone, or nothing at all, and a site that comes and goes. */
function box({
  holdsNano = true,
  reconcile = true,
  maxWaiting = 100,
  ...ports
}: { holdsNano?: boolean; reconcile?: boolean; maxWaiting?: number } & Partial<RuntimePorts> = {}) {
  const whole = exampleCatalog();
  const models = holdsNano ? [exampleNano()] : [];
  const catalog = {
    ...exampleCatalog({ models, deltas: [exampleDelta(exampleNano())] }),
    endpoints: [holdsNano ? exampleTwin() : exampleEndpoint()],
  };
  const nano = { scores: () => scoresFor('new_card', 0.5, EXAMPLE_LABELS) };
  const calibration = holdsNano ? exampleCalibration(whole) : 'none';
  const fakes = createFakePorts({ catalog, calibration, models: { nano } });
  const site = createFakeSite();
  const queue = createMemoryQueue({ clock: fakes.clock, maxWaiting });
  const runtime = createRuntime({ ...fakes, fetch: site.fetch, queue, reconcile, ...ports });
  const away = (on: boolean): void =>
    site.respond(() => {
      if (on) throw gone();
      return { label: 'block_card', probability: 0.97 };
    });
  return { ...fakes, runtime, site, queue, away };
}

describe('a request whose tier cannot be reached', () => {
  it('is answered as well as the device can, and by the tier itself when that is back', async () => {
    const { runtime, away, clock } = box();
    away(true);
    const first = await runtime.run({ ...question, deadlineMs: 10_000 });
    expect(first).toMatchObject({ tier: 'nano', queued: first.requestId, verdict: { degraded: 'offline' } });
    expect(first.trace).toContainEqual(expect.objectContaining({ kind: 'queued' }));
    expect(await runtime.queued!.read(first.requestId)).toMatchObject({ kind: 'waiting' });
    away(false);
    const later = runtime.queued!.wait(first.requestId);
    clock.advance(60_000);
    await settled();
    clock.advance(1000);
    const state = await later;
    expect(state).toMatchObject({ kind: 'done' });
    expect(JSON.parse(state?.kind === 'done' ? state.result : '')).toMatchObject({
      requestId: first.requestId,
      path: ['nano', 'site-base'],
      output: { label: 'block_card' },
    });
  });

  it('is answered for the key it came in with, by which budgets count it', async () => {
    const { runtime, away, clock, entries } = box();
    away(true);
    const { requestId } = await runtime.run(question, { key: 'kiosk' });
    away(false);
    const later = runtime.queued!.wait(requestId);
    clock.advance(60_000);
    await settled();
    clock.advance(1000);
    expect(await later).toMatchObject({ kind: 'done' });
    await runtime.flush();
    const outcomes = entries.flatMap((entry) => (entry.kind === 'outcome' ? [entry.record] : []));
    expect(outcomes.at(-1)).toMatchObject({ requestId, key: 'kiosk', path: 'nano+site-base' });
  });

  it('asks no narrower domain before its better answer is there, however often that is tried', async () => {
    const whole = exampleCatalog();
    const delta = exampleDelta(exampleNano());
    const labels = ['lost', 'stolen'];
    const named = { id: 'bank.cards/nano', domain: 'bank/cards', contentId: fakeSha('cards'), labels, subDomains: {} };
    const cards = exampleDelta(exampleNano(), { ...named, outOfScopeLabel: null });
    const below = { ...whole.domains[0]!, id: 'bank/cards', ladderRevision: fakeSha('ladder'), subDomains: [] };
    const catalog = {
      ...exampleCatalog({ models: [exampleNano()], deltas: [delta, cards] }),
      domains: [...whole.domains, below],
      endpoints: [exampleTwin()],
    };
    const source = {
      ...createFakeCatalogSource(catalog),
      calibration: async (of: string) => (of === 'bank' ? exampleCalibration(whole) : undefined),
    };
    const loadSequel = () => import('./sequel.js');
    const { runtime, away, entries } = box({ catalog: source, loadSequel, reconcile: false });
    away(true);
    const { queued, trace } = await runtime.run(question);
    expect(queued).toBeDefined();
    expect(trace.map(({ kind }) => kind)).not.toContain('narrow');
    for (let tries = 0; tries < 3; tries++) await runtime.queued!.drain();
    await runtime.flush();
    expect(entries.filter(({ kind }) => kind === 'outcome')).toHaveLength(1);
  });

  it('waits without an answer where no other tier has one', async () => {
    const { runtime, away } = box({ holdsNano: false, reconcile: false });
    away(true);
    const error = await runtime.run(question).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'REQUEST_QUEUED' });
    const { requestId } = (error as { facts: { requestId: string } }).facts;
    expect(await runtime.queued!.read(requestId)).toMatchObject({ kind: 'waiting' });
    away(false);
    // The endpoint is still being watched: nothing is asked before its golden question is answered.
    expect(await runtime.queued!.drain()).toMatchObject({ answered: 0, waiting: 1 });
  });

  it('is not put off unless it says so', async () => {
    const { runtime, away, queue } = box();
    away(true);
    const result = await runtime.run({ ...question, whenOffline: 'degrade' });
    expect(result).toMatchObject({ tier: 'nano', queued: undefined, verdict: { degraded: 'offline' } });
    expect(await queue.waiting()).toBe(0);
  });

  it('is not put off when the device was sure', async () => {
    const { runtime, queue, site } = box();
    site.respond(() => ({ label: 'block_card', probability: 0.97 }));
    expect(await runtime.run(question)).toMatchObject({ queued: undefined });
    expect(await queue.waiting()).toBe(0);
  });
});

describe('the order of requests that were put off', () => {
  it('is the order they are answered in', async () => {
    const { runtime, away, site, clock, queue } = box();
    away(true);
    for (const text of ['one', 'two', 'three']) await runtime.run({ ...question, text });
    site.texts.length = 0;
    away(false);
    clock.advance(60_000);
    await settled();
    clock.advance(1000);
    await settled();
    expect(await queue.waiting()).toBe(0);
    expect(site.texts.filter((text) => ['one', 'two', 'three'].includes(text))).toEqual(['one', 'two', 'three']);
  });
});

describe('a request in the queue that is broken', () => {
  it.each([
    ['no JSON', '{'],
    ['no request', '{"text":5}'],
    ['for a domain that is gone', JSON.stringify({ ...question, domain: 'gone' })],
  ])('is ended with what is wrong: %s', async (_, request) => {
    const { runtime, queue } = box({ reconcile: false });
    await queue.add({ requestId: 'r1', atWallMs: 1, request });
    expect(await runtime.queued!.drain()).toMatchObject({ failed: 1, waiting: 0 });
    expect(await runtime.queued!.read('r1')).toMatchObject({ kind: 'failed' });
  });
});

describe('a request that waits before others', () => {
  /** Two requests that were put off, the first of which the site answers as it is told to. */
  async function twoThatWait(respond: () => ReturnType<typeof jsonReply>) {
    const all = box({ reconcile: false });
    all.away(true);
    for (const text of ['one', 'two']) await all.runtime.run({ ...question, text });
    all.site.respond((text) => (text === 'one' ? respond() : { label: 'block_card', probability: 0.97 }));
    all.clock.advance(60_000);
    await settled();
    const states = async () => (await all.queue.list()).map(({ kind }) => kind);
    return { ...all, states, drain: () => all.runtime.queued!.drain() };
  }

  it('has the answer that there is, when its tier refuses it for good', async () => {
    const { drain, queue, states } = await twoThatWait(() => jsonReply({}, 413));
    expect(await drain()).toMatchObject({ answered: 2, waiting: 0 });
    expect(await states()).toEqual(['done', 'done']);
    const [first] = await queue.list();
    const result = first?.kind === 'done' ? (JSON.parse(first.result) as object) : {};
    expect(result).toMatchObject({ tier: 'nano', verdict: { degraded: 'tier-failed' } });
  });

  it('holds them up for ten minutes and no longer, when its tier fails on it', async () => {
    const { drain, states, clock } = await twoThatWait(() => jsonReply({ outputs: [] }));
    for (let minutes = 0; minutes <= 10; minutes++) {
      expect(await states()).toEqual(['waiting', 'waiting']);
      await drain();
      clock.advance(60_000);
      await settled();
    }
    expect(await states()).toEqual(['done', 'waiting']);
    await drain();
    expect(await states()).toEqual(['done', 'done']);
  });

  it('waits as long as nobody is there, and no try of it is kept', async () => {
    const { drain, states, clock, entries, runtime, away } = await twoThatWait(() => jsonReply({}));
    away(true);
    await runtime.flush();
    const before = entries.length;
    for (let hours = 0; hours < 30; hours++) {
      await drain();
      clock.advance(3_600_000);
      await settled();
    }
    expect(await states()).toEqual(['waiting', 'waiting']);
    await runtime.flush();
    expect(entries.slice(before).filter(({ kind }) => kind === 'outcome')).toEqual([]);
  });
});

describe('a request that cannot wait', () => {
  it('has its answer all the same when the queue is full, and is told', async () => {
    const { runtime, away } = box({ reconcile: false, maxWaiting: 1 });
    away(true);
    await runtime.run(question);
    const second = await runtime.run(question);
    expect(second).toMatchObject({ tier: 'nano', queued: undefined, verdict: { degraded: 'offline' } });
    expect(second.trace).toContainEqual(expect.objectContaining({ kind: 'warning' }));
  });

  it('is not put off for a tier of the device that is broken', async () => {
    const broken = new EngineError({ message: 'The runtime refused.', hint: 'Try again.' });
    const catalog = exampleCatalog();
    const fakes = createFakePorts({
      catalog,
      calibration: exampleCalibration(catalog),
      models: { base: { onLoad: () => Promise.reject(broken) } },
    });
    const queue = createMemoryQueue({ clock: fakes.clock });
    const runtime = createRuntime({ ...fakes, queue, reconcile: false });
    expect(await runtime.run({ ...question, minConfidence: 0.9999 })).toMatchObject({ queued: undefined });
    expect(await queue.waiting()).toBe(0);
  });

  it('is refused when all there is costs more than it may', async () => {
    const { runtime, queue } = box({ holdsNano: false, budget: withRequests(spentBudget('the month is spent')) });
    await expect(runtime.run(question)).rejects.toMatchObject({ code: 'BUDGET_EXHAUSTED' });
    expect(await queue.waiting()).toBe(0);
  });
});
