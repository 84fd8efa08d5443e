import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../system-clock.js';
import { IndexedDbQueue } from './indexed-db-queue.js';
import type { QueueOrder } from './testing/queueing-worker.js';

function start(order: QueueOrder) {
  const worker = new Worker(new URL('./testing/queueing-worker.ts', import.meta.url), { type: 'module' });
  onTestFinished(() => worker.terminate());
  const told: string[] = [];
  worker.addEventListener('message', ({ data }: MessageEvent<string>) => told.push(data));
  worker.postMessage(order);
  return { worker, told, first: vi.waitUntil(() => told.length > 0, { timeout: 15_000, interval: 2 }) };
}

function open() {
  const name = `terrace-test-${crypto.randomUUID()}`;
  const queue = new IndexedDbQueue({ name, clock: systemClock, onWarning: () => undefined });
  onTestFinished(() => queue.close());
  return { name, queue };
}

const idsIn = (told: readonly string[]): string[] => told.map((line) => line.slice(line.indexOf(' ') + 1));

it('keeps every request that was durable when its worker is killed', async () => {
  const { name, queue } = open();
  const durable: string[] = [];
  for (const lifeMs of [0, 9, 40]) {
    const { worker, told, first } = start({ name, what: 'add' });
    await first;
    await systemClock.sleep(lifeMs);
    worker.terminate();
    durable.push(...idsIn(told));
  }
  for (const id of durable) expect(await queue.read(id)).toMatchObject({ kind: 'waiting' });
  expect(await queue.waiting()).toBe((await queue.list({ limit: Infinity })).length);
});

it('answers each request once and in order, however often the worker that answers is killed', async () => {
  const { name, queue } = open();
  const ids = Array.from({ length: 150 }, (_, i) => `r${i}`);
  for (const requestId of ids) await queue.add({ requestId, atWallMs: 1, request: '{"text":"words"}' });
  const kept: string[] = [];
  while ((await queue.waiting()) > 0) {
    const { worker, told } = start({ name, what: 'answer' });
    const before = await queue.waiting();
    await vi.waitUntil(async () => (await queue.waiting()) < Math.max(1, before - 40), {
      timeout: 15_000,
      interval: 1,
    });
    worker.terminate();
    kept.push(...idsIn(told));
  }
  // An ending may have been kept and not told of; none is told of twice, nor out of turn.
  expect(kept).toEqual(ids.filter((id) => kept.includes(id)));
  expect((await queue.list({ limit: 200, kind: 'done' })).map((state) => state.queued.requestId)).toEqual(ids);
});

it('gives out at once what a worker that is gone has claimed, and not before it is gone', async () => {
  const { name, queue } = open();
  await queue.add({ requestId: 'a', atWallMs: 1, request: '{}' });
  const holder = start({ name, what: 'hold' });
  await holder.first;
  expect(await queue.claim(600_000)).toBeUndefined();
  holder.worker.terminate();
  const claim = await vi.waitUntil(() => queue.claim(600_000), { timeout: 2000 });
  expect(claim).toMatchObject({ queued: { requestId: 'a' }, tries: 2 });
});
