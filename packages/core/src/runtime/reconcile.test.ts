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
  let answer = async ({ requestId }: QueuedRequest): Promise<Attempt> => ({ kind: 'done', result: `"${requestId}"` });
  const reconciler = createReconciler({
    queue,
    clock,
    random: () => 0.5,
    onFailure: (error) => failures.push(error),
    async answer(queued) {
      if (!isOnline) return { kind: 'later' };
      answered.push(queued.requestId);
      return answer(queued);
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
});
