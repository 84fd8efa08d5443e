import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { OverloadedError } from '../errors/overloaded-error.js';
import type { Clock } from '../ports/clock.js';
import type { Claim, Queue, QueuedRequest } from '../ports/queue.js';
import { createFakeClock } from './fake-clock.js';

const LEASE_MS = 1000;
const queued = (requestId: string, request = `{"text":"${requestId}"}`): QueuedRequest => ({
  requestId,
  atWallMs: 1_700_000_000_000,
  request,
});

/**
 * What every queue keeps to.
 * @param open a new, empty queue, and the same one as another process would open it
 */
export function describeQueueContract(
  name: string,
  open: (options: { clock: Clock; maxWaiting?: number }) => Promise<{ queue: Queue; again?: () => Promise<Queue> }>,
): void {
  describe(`${name} as a queue`, () => {
    const opened: Queue[] = [];
    const create = async (options: { maxWaiting?: number } = {}) => {
      const clock = createFakeClock();
      const { queue, again } = await open({ clock, ...options });
      opened.push(queue);
      return { clock, queue, again };
    };
    afterEach(async () => {
      for (const queue of opened.splice(0)) await queue.close();
    });

    it('gives requests out in the order they came, each to one at a time', async () => {
      const { queue } = await create();
      for (const id of ['a', 'b']) await queue.add(queued(id));
      const first = await queue.claim(LEASE_MS);
      expect(first).toMatchObject({ queued: queued('a'), tries: 1 });
      expect(await queue.claim(LEASE_MS)).toBeUndefined();
      expect(await queue.finish(first!, { result: '{"label":"x"}' })).toBe(true);
      expect(await queue.claim(LEASE_MS)).toMatchObject({ queued: { requestId: 'b' } });
    });

    it('keeps an answer once', async () => {
      const { queue } = await create();
      await queue.add(queued('a'));
      const claim = await queue.claim(LEASE_MS);
      expect(await queue.finish(claim!, { result: '1' })).toBe(true);
      expect(await queue.finish(claim!, { result: '2' })).toBe(false);
      expect(await queue.read('a')).toMatchObject({ kind: 'done', result: '1' });
      expect(await queue.waiting()).toBe(0);
    });

    it('gives a request out again when the lease is over, and believes only the newer claim', async () => {
      const { queue, clock } = await create();
      await queue.add(queued('a'));
      const old = await queue.claim(LEASE_MS);
      clock.advance(LEASE_MS + 1);
      const newer = await queue.claim(LEASE_MS);
      expect(newer).toMatchObject({ tries: 2 });
      expect(await queue.finish(old!, { result: 'old' })).toBe(false);
      expect(await queue.finish(newer!, { result: 'new' })).toBe(true);
      expect(await queue.read('a')).toMatchObject({ kind: 'done', result: 'new' });
    });

    it('gives a request out again that was given back', async () => {
      const { queue } = await create();
      await queue.add(queued('a'));
      await queue.release((await queue.claim(LEASE_MS))!);
      expect(await queue.read('a')).toMatchObject({ kind: 'waiting', tries: 1 });
      expect(await queue.claim(LEASE_MS)).toMatchObject({ tries: 2 });
    });

    it('keeps what can never be answered, with what is wrong', async () => {
      const { queue } = await create();
      await queue.add(queued('a'));
      await queue.finish((await queue.claim(LEASE_MS))!, { error: '{"code":"X"}' });
      expect(await queue.read('a')).toMatchObject({ kind: 'failed', error: '{"code":"X"}' });
    });

    it('takes an id once', async () => {
      const { queue } = await create();
      await queue.add(queued('a'));
      await queue.add(queued('a', '{"text":"other"}'));
      expect(await queue.list()).toEqual([{ kind: 'waiting', queued: queued('a'), tries: 0 }]);
    });

    it('knows nothing of ids that were never there or are forgotten', async () => {
      const { queue } = await create();
      expect(await queue.read('a')).toBeUndefined();
      await queue.add(queued('a'));
      expect(await queue.forget('a')).toBe(true);
      expect(await queue.forget('a')).toBe(false);
      expect(await queue.read('a')).toBeUndefined();
      expect(await queue.claim(LEASE_MS)).toBeUndefined();
    });

    it('lists by state, oldest first, and forgets what ended long ago', async () => {
      const { queue, clock } = await create();
      for (const id of ['a', 'b', 'c']) await queue.add(queued(id));
      await queue.finish((await queue.claim(LEASE_MS))!, { result: '1' });
      clock.advance(10_000);
      await queue.finish((await queue.claim(LEASE_MS))!, { result: '2' });
      const ids = async (kind?: 'waiting' | 'done') =>
        (await queue.list(kind && { kind })).map((state) => state.queued.requestId);
      expect(await ids()).toEqual(['a', 'b', 'c']);
      expect(await ids('done')).toEqual(['a', 'b']);
      expect(await queue.list({ limit: 1 })).toHaveLength(1);
      expect(await queue.forgetEnded(clock.wallMs() - 5000)).toBe(1);
      expect(await ids()).toEqual(['b', 'c']);
    });

    it('holds so many and no more', async () => {
      const { queue } = await create({ maxWaiting: 2 });
      for (const id of ['a', 'b']) await queue.add(queued(id));
      await expect(queue.add(queued('c'))).rejects.toSatisfy((error) => OverloadedError.isInstance(error));
      await queue.add(queued('b'));
      await queue.finish((await queue.claim(LEASE_MS))!, { result: '1' });
      await queue.add(queued('c'));
    });

    it('gives every request out in order and ends it once, whatever happens between', async () => {
      const step = fc.oneof(
        fc.constant({ do: 'add' } as const),
        fc.constant({ do: 'claim' } as const),
        fc.record({ do: fc.constant('finish' as const), which: fc.nat(3) }),
        fc.record({ do: fc.constant('release' as const), which: fc.nat(3) }),
        fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 2 * LEASE_MS }) }),
      );
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
          const { queue, clock } = await create();
          const claims: Claim[] = [];
          const ended: string[] = [];
          let added = 0;
          for (const each of steps) {
            if (each.do === 'add') await queue.add(queued(`r${added++}`));
            else if (each.do === 'wait') clock.advance(each.ms);
            else if (each.do === 'claim') {
              const claim = await queue.claim(LEASE_MS);
              if (claim) claims.push(claim);
              if (claim) expect(claim.queued.requestId).toBe(`r${ended.length}`);
            } else {
              const claim = claims.at(-1 - each.which);
              if (!claim) continue;
              if (each.do === 'release') await queue.release(claim);
              else if (await queue.finish(claim, { result: claim.token })) ended.push(claim.queued.requestId);
            }
          }
          expect(ended).toEqual(ended.map((_, i) => `r${i}`));
          expect(await queue.waiting()).toBe(added - ended.length);
        }),
        { numRuns: 25 },
      );
    }, 30_000);

    it('is the same queue for another process', async () => {
      const { queue, again } = await create();
      if (!again) return;
      await queue.add(queued('a'));
      const other = await again();
      opened.push(other);
      const claim = await other.claim(LEASE_MS);
      expect(claim).toMatchObject({ queued: queued('a') });
      expect(await queue.claim(LEASE_MS)).toBeUndefined();
      await other.finish(claim!, { result: '1' });
      expect(await queue.read('a')).toMatchObject({ kind: 'done' });
    });
  });
}
