import { describe, expect, it } from 'vitest';
import type { QueuedRequest } from '../ports/queue.js';
import { createFakeClock, createMemoryQueue } from '../testing/index.js';
import { createReconciler, type Attempt } from './reconcile.js';

const settled = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => void setTimeout(resolve, 0));
};
const request = (requestId: string): QueuedRequest => ({ requestId, atWallMs: 0, request: `{"text":"${requestId}"}` });

/** A reconciler whose answers come from a script; `later` while the network is away. */
function reconciling({ clock = createFakeClock(), queue = createMemoryQueue({ clock }) } = {}) {
  const answered: string[] = [];
  const failures: unknown[] = [];
  let isOnline = true;
  let answer = async ({ requestId }: QueuedRequest, _: AbortSignal): Promise<Attempt> => ({
    kind: 'done',
    result: `"${requestId}"`,
  });
  const reconciler = createReconciler({
    queue,
    clock,
    random: () => 0.5,
    onFailure: (error) => failures.push(error),
    async answer(queued, signal) {
      if (!isOnline) return { kind: 'later' };
      answered.push(queued.requestId);
      return answer(queued, signal);
    },
  });
  return {
    clock,
    queue,
    reconciler,
    answered,
    failures,
    online: (on: boolean) => void (isOnline = on),
    answers: (next: typeof answer) => void (answer = next),
    addAll: async (...ids: string[]) => {
      for (const id of ids) await queue.add(request(id));
    },
  };
}

describe('a reconciler', () => {
  it('answers everything in order, once each', async () => {
    const { reconciler, answered, addAll } = reconciling();
    await addAll('a', 'b', 'c');
    expect(await reconciler.drain()).toEqual({ answered: 3, failed: 0, waiting: 0 });
    expect(answered).toEqual(['a', 'b', 'c']);
    expect(await reconciler.read('b')).toMatchObject({ kind: 'done', result: '"b"' });
  });

  it('stops where the network ends, and goes on from there when it is woken', async () => {
    const { reconciler, answered, addAll, online } = reconciling();
    await addAll('a', 'b');
    online(false);
    expect(await reconciler.drain()).toEqual({ answered: 0, failed: 0, waiting: 2 });
    online(true);
    reconciler.wake();
    await settled();
    expect(answered).toEqual(['a', 'b']);
  });

  it('tries again by itself with growing pauses', async () => {
    const { reconciler, answered, addAll, online, clock } = reconciling();
    await addAll('a');
    online(false);
    reconciler.wake();
    await settled();
    online(true);
    clock.advance(1000);
    await settled();
    expect(answered).toEqual(['a']);
  });

  it('goes on behind a request that can never be answered', async () => {
    const { reconciler, addAll, answers } = reconciling();
    await addAll('a', 'b');
    answers(async ({ requestId }) =>
      requestId === 'a' ? { kind: 'failed', error: '{"code":"X"}' } : { kind: 'done', result: '1' },
    );
    expect(await reconciler.drain()).toEqual({ answered: 1, failed: 1, waiting: 0 });
    expect(await reconciler.read('a')).toMatchObject({ kind: 'failed' });
  });

  it('gives a request back when answering it breaks, and says so', async () => {
    const { reconciler, queue, addAll, answers, failures } = reconciling();
    await addAll('a');
    answers(() => Promise.reject(new Error('disk')));
    await expect(reconciler.drain()).rejects.toThrow('disk');
    expect(await queue.claim(1000)).toMatchObject({ queued: { requestId: 'a' } });
    reconciler.wake();
    await settled();
    expect(failures).toEqual([]);
  });

  it('keeps one answer when another process was faster', async () => {
    const { reconciler, queue, addAll, answers, clock } = reconciling();
    await addAll('a');
    answers(async () => {
      clock.advance(1_000_000);
      const taken = await queue.claim(1000);
      await queue.finish(taken!, { result: '"theirs"' });
      return { kind: 'done', result: '"mine"' };
    });
    expect(await reconciler.drain()).toEqual({ answered: 0, failed: 0, waiting: 0 });
    expect(await reconciler.read('a')).toMatchObject({ result: '"theirs"' });
  });

  it('lets two drains of one process follow each other', async () => {
    const { reconciler, answered, addAll } = reconciling();
    await addAll('a', 'b', 'c');
    await Promise.all([reconciler.drain(), reconciler.drain()]);
    expect(answered).toEqual(['a', 'b', 'c']);
  });

  it('tells whoever waits, at once or from another process', async () => {
    const { reconciler, queue, addAll, clock } = reconciling();
    await addAll('a', 'b');
    const here = reconciler.wait('a');
    const there = reconciler.wait('b');
    await settled();
    await queue.finish((await queue.claim(1000))!, { result: '1' });
    await queue.finish((await queue.claim(1000))!, { result: '2' });
    clock.advance(250);
    expect([await here, await there]).toMatchObject([{ result: '1' }, { result: '2' }]);
    expect(await reconciler.wait('nobody')).toBeUndefined();
  });

  it('ends a wait with the reason of its signal', async () => {
    const { reconciler, addAll } = reconciling();
    await addAll('a');
    const stop = new AbortController();
    const waiting = reconciler.wait('a', { signal: stop.signal });
    await settled();
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });

  it('forgets answers after a week', async () => {
    const { reconciler, addAll, clock } = reconciling();
    await addAll('a');
    await reconciler.drain();
    clock.advance(8 * 86_400_000);
    await reconciler.drain();
    expect(await reconciler.read('a')).toBeUndefined();
  });

  it('ends after the request under way when it is closed', async () => {
    const { reconciler, queue, addAll, answers } = reconciling();
    await addAll('a', 'b');
    let finish = (): void => undefined;
    answers(() => new Promise((resolve) => (finish = () => resolve({ kind: 'done', result: '1' }))));
    reconciler.wake();
    await settled();
    const closed = reconciler.close();
    finish();
    await closed;
    expect(await queue.read('a')).toMatchObject({ kind: 'done' });
    expect(await queue.read('b')).toMatchObject({ kind: 'waiting' });
  });

  it('goes on at once when it is woken in a pause, however long that is', async () => {
    const { reconciler, answered, addAll, online, clock } = reconciling();
    await addAll('a');
    online(false);
    reconciler.wake();
    for (let i = 0; i < 20; i++) {
      await settled();
      clock.advance(40_000);
    }
    online(true);
    reconciler.wake();
    await settled();
    expect(answered).toEqual(['a']);
  });

  it('does not miss a wake that comes while it falls asleep', async () => {
    const { reconciler, answered, addAll, queue, clock } = reconciling();
    const waiting = queue.waiting.bind(queue);
    let woken = false;
    queue.waiting = async () => {
      const count = await waiting();
      if (!woken) {
        woken = true;
        await addAll('late');
        reconciler.wake();
      }
      return count;
    };
    reconciler.wake();
    await settled();
    expect(answered).toEqual(['late']);
    expect(clock.nowMs()).toBe(0);
  });

  it('sees what another process put off, without being woken', async () => {
    const { reconciler, answered, addAll, clock } = reconciling();
    reconciler.wake();
    await settled();
    await addAll('a');
    clock.advance(60_000);
    await settled();
    expect(answered).toEqual(['a']);
  });

  it('tells of a full disk once and answers when there is room again', async () => {
    const { reconciler, answered, addAll, queue, clock, failures } = reconciling();
    await addAll('a');
    const claim = queue.claim.bind(queue);
    queue.claim = () => Promise.reject(new Error('disk full'));
    reconciler.wake();
    for (let i = 0; i < 5; i++) {
      await settled();
      clock.advance(100_000);
    }
    expect(failures).toMatchObject([{ message: 'disk full' }]);
    queue.claim = claim;
    clock.advance(100_000);
    await settled();
    expect(answered).toEqual(['a']);
  });

  it('gives a try up before somebody else may begin one', async () => {
    const { reconciler, addAll, answers, clock, queue } = reconciling();
    await addAll('a');
    answers(
      (_, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve({ kind: 'later' }), { once: true })),
    );
    const drained = reconciler.drain();
    await settled();
    clock.advance(119_000);
    expect(await drained).toMatchObject({ answered: 0, waiting: 1 });
    expect(await queue.claim(1000)).toBeDefined();
  });

  it('ends a drain with the reason of its signal, and leaves the request to others', async () => {
    const { reconciler, addAll, answers, queue } = reconciling();
    await addAll('a');
    answers(
      (_, signal) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve({ kind: 'later' }), { once: true })),
    );
    const stop = new AbortController();
    const drained = reconciler.drain({ signal: stop.signal });
    await settled();
    stop.abort(new Error('enough'));
    await expect(drained).rejects.toThrow('enough');
    expect(await queue.claim(1000)).toMatchObject({ queued: { requestId: 'a' } });
    await expect(reconciler.drain({ signal: stop.signal })).rejects.toThrow('enough');
  });

  it('says that it was closed to whoever waits or drains', async () => {
    const { reconciler, addAll, online } = reconciling();
    await addAll('a');
    online(false);
    const told = reconciler.wait('a').catch((error: unknown) => error);
    await settled();
    await reconciler.close();
    expect(await told).toMatchObject({ code: 'RUNTIME_CLOSED' });
    await expect(reconciler.drain()).rejects.toMatchObject({ code: 'RUNTIME_CLOSED' });
  });

  it('tells of each request that has ended', async () => {
    const { reconciler, addAll } = reconciling();
    await addAll('a', 'b');
    const told: string[] = [];
    await reconciler.drain({ onAnswer: (requestId) => told.push(requestId) });
    expect(told).toEqual(['a', 'b']);
  });
});

describe('two reconcilers on one queue', () => {
  it('answer everything once, in order, and both drains end when nothing waits', async () => {
    const clock = createFakeClock();
    const queue = createMemoryQueue({ clock });
    const [one, two] = [reconciling({ clock, queue }), reconciling({ clock, queue })];
    const order: string[] = [];
    for (const each of [one, two]) {
      each.answers(async ({ requestId }) => {
        await clock.sleep(100);
        order.push(requestId);
        return { kind: 'done', result: '1' };
      });
    }
    const ids = Array.from({ length: 20 }, (_, i) => `r${i}`);
    await one.addAll(...ids);
    const drains = Promise.all([one.reconciler.drain(), two.reconciler.drain()]);
    for (let i = 0; i < 45; i++) {
      await settled();
      clock.advance(250);
    }
    const ends = await drains;
    expect(order).toEqual(ids);
    expect(ends[0].answered + ends[1].answered).toBe(20);
  });

  it('go on where the other one died, when its lease is over', async () => {
    const clock = createFakeClock();
    const queue = createMemoryQueue({ clock });
    const [dead, alive] = [reconciling({ clock, queue }), reconciling({ clock, queue })];
    await dead.addAll('a', 'b');
    // Dead between its answer and the end of its claim.
    const { finish } = queue;
    queue.finish = () => new Promise(() => undefined);
    void dead.reconciler.drain();
    await settled();
    queue.finish = finish;
    const drained = alive.reconciler.drain();
    await settled();
    expect([dead.answered, alive.answered]).toEqual([['a'], []]);
    clock.advance(120_001);
    expect(await drained).toEqual({ answered: 2, failed: 0, waiting: 0 });
    expect(alive.answered).toEqual(['a', 'b']);
  });

  it('keep the order across a restart', async () => {
    const clock = createFakeClock();
    const queue = createMemoryQueue({ clock });
    const before = reconciling({ clock, queue });
    await before.addAll('a', 'b', 'c');
    before.answers(async ({ requestId }) => (requestId === 'b' ? { kind: 'later' } : { kind: 'done', result: '1' }));
    expect(await before.reconciler.drain()).toEqual({ answered: 1, failed: 0, waiting: 2 });
    await before.reconciler.close();
    const after = reconciling({ clock, queue });
    await after.addAll('d');
    await after.reconciler.drain();
    expect(after.answered).toEqual(['b', 'c', 'd']);
  });
});
