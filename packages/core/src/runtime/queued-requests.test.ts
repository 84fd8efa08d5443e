import { describe, expect, it } from 'vitest';
import { createRuntime } from '../runtime.js';
import { exampleCalibration } from '../testing/example-calibration.js';
import { exampleCatalog, exampleDelta, exampleNano } from '../testing/example-catalog.js';
import { exampleEndpoint, exampleTwin } from '../testing/example-endpoint.js';
import { createFakeSite } from '../testing/fake-site.js';
import { createFakePorts, createMemoryQueue, EXAMPLE_LABELS, scoresFor } from '../testing/index.js';

const question = { text: 'freeze my card', domain: 'bank', whenOffline: 'queue' } as const;
const settled = async (): Promise<void> => {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => void setTimeout(resolve, 0));
};
const gone = () => Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });

/** A box that holds nano alone, or nothing at all, and a site that comes and goes. */
function box({ holdsNano = true, reconcile = true } = {}) {
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
  const queue = createMemoryQueue({ clock: fakes.clock });
  const runtime = createRuntime({ ...fakes, fetch: site.fetch, queue, reconcile });
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
