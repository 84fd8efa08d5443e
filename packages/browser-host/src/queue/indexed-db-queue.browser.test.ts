import { describeQueueContract } from '@terrace/core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../system-clock.js';
import { IndexedDbQueue, type IndexedDbQueueOptions } from './indexed-db-queue.js';

const newName = (): string => `terrace-test-${crypto.randomUUID()}`;
const onWarning = (): void => undefined;

describeQueueContract('the IndexedDB queue', async (options) => {
  const name = newName();
  const again = async () => new IndexedDbQueue({ name, onWarning, ...options });
  return { queue: await again(), again };
});

function open(options: Partial<IndexedDbQueueOptions> = {}): IndexedDbQueue {
  const queue = new IndexedDbQueue({ name: newName(), clock: systemClock, onWarning, ...options });
  onTestFinished(() => queue.close());
  return queue;
}

const queued = (requestId: string, request = '{"text":"words"}') => ({ requestId, atWallMs: 1, request });
const idsOf = async (queue: IndexedDbQueue): Promise<string[]> =>
  (await queue.list({ limit: Infinity })).map((state) => state.queued.requestId);
const databases = async () => (await indexedDB.databases()).map(({ name }) => name);

describe('the IndexedDB queue', () => {
  it('makes no database before something has to wait', async () => {
    const name = newName();
    const queue = open({ name });
    expect([await queue.waiting(), await queue.list(), await queue.claim(1000)]).toEqual([0, [], undefined]);
    expect([await queue.read('a'), await queue.forget('a'), await queue.forgetEnded(1)]).toEqual([undefined, false, 0]);
    expect(await databases()).not.toContain(name);
    await queue.add(queued('a'));
    expect(await databases()).toContain(name);
  });

  it('sees what another tab has put off, though it never did itself', async () => {
    const name = newName();
    const [one, other] = [open({ name }), open({ name })];
    expect(await one.waiting()).toBe(0);
    await other.add(queued('a'));
    expect(await one.waiting()).toBe(1);
  });

  it('gives each request to one of the tabs that ask at the same time, in order', async () => {
    const name = newName();
    const tabs = [open({ name }), open({ name }), open({ name })];
    const ids = Array.from({ length: 30 }, (_, i) => `r${i}`);
    for (const id of ids) await tabs[0]!.add(queued(id));
    const order: string[] = [];
    const answer = async (tab: IndexedDbQueue): Promise<void> => {
      while ((await tab.waiting()) > 0) {
        const claim = await tab.claim(60_000);
        if (!claim) continue;
        order.push(claim.queued.requestId);
        expect(await tab.finish(claim, { result: '1' })).toBe(true);
      }
    };
    await Promise.all(tabs.map(answer));
    expect(order).toEqual(ids);
  });

  it('forgets the oldest answers when they have grown too many', async () => {
    const queue = open({ maxEndedBytes: 100 });
    for (const id of ['a', 'b', 'c', 'd']) {
      await queue.add(queued(id, '{}'));
      await queue.finish((await queue.claim(1000))!, { result: '1'.repeat(40) });
    }
    await queue.add(queued('e', '{}'));
    expect(await idsOf(queue)).toEqual(['c', 'd', 'e']);
  });

  it('refuses what is too long, and ids that are none', async () => {
    const queue = open();
    const refused = { code: 'STORAGE_FAILED', facts: { fault: 'entry' } };
    await expect(queue.add(queued('a', 'x'.repeat(600_000)))).rejects.toMatchObject(refused);
    for (const id of ['', 'x'.repeat(257), 'a\0b']) await expect(queue.add(queued(id))).rejects.toMatchObject(refused);
    expect(await queue.list()).toEqual([]);
  });

  it('lists no more than was asked for, whatever that is', async () => {
    const queue = open();
    for (const id of ['a', 'b']) await queue.add(queued(id));
    for (const limit of [-1, 0, 0.9, NaN]) expect(await queue.list({ limit })).toEqual([]);
    expect(await queue.list({ limit: 1.9 })).toHaveLength(1);
    expect(await queue.list({ limit: Infinity, kind: 'waiting' })).toHaveLength(2);
  });

  it('opens nothing any more once it is closed', async () => {
    const queue = open();
    await queue.close();
    for (const refused of [() => queue.add(queued('a')), () => queue.waiting(), () => queue.claim(1)])
      await expect(refused()).rejects.toMatchObject({ code: 'STORAGE_FAILED', facts: { reason: 'CLOSED' } });
  });

  it('takes a lease of a closed one for over, and that of an open one not', async () => {
    const name = newName();
    const [one, other] = [open({ name }), open({ name })];
    await one.add(queued('a'));
    expect(await one.claim(600_000)).toBeDefined();
    expect(await other.claim(600_000)).toBeUndefined();
    await one.close();
    expect(await other.claim(600_000)).toMatchObject({ queued: { requestId: 'a' }, tries: 2 });
  });
});
