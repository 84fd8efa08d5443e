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

const queueStep = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('add' as const), which: fc.constant(0) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('claim' as const), which: fc.constant(0) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('finish' as const), which: fc.nat(2) }) },
  fc.record({ do: fc.constant('release' as const), which: fc.nat(2) }),
  fc.record({ do: fc.constant('forget' as const), which: fc.nat(6) }),
  fc.record({ do: fc.constant('restart' as const), which: fc.constant(0) }),
  fc.record({
    do: fc.constant('wait' as const),
    which: fc.constant(0),
    ms: fc.integer({ min: 1, max: 2 * LEASE_MS }),
  }),
);

/** A queue as a plain list: what is claimed, by which token, until when, and what ended with which. */
function createModel() {
  interface Item {
    readonly id: string;
    token?: string | undefined;
    untilMs: number;
    result: string;
  }
  let items: Item[] = [];
  const waiting = (): Item[] => items.filter(({ result }) => result === '');
  const held = ({ queued: { requestId }, token }: Claim): Item | undefined =>
    waiting().find((each) => each.id === requestId && each.token === token);
  return {
    waiting,
    add: (id: string) => void items.push({ id, untilMs: 0, result: '' }),
    /** The id that is given out now. */
    claim(token: string | undefined, nowMs: number): string | undefined {
      const [item] = waiting();
      if (!item || (item.token !== undefined && item.untilMs > nowMs)) return undefined;
      Object.assign(item, { token, untilMs: nowMs + LEASE_MS });
      return item.id;
    },
    finish(claim: Claim): boolean {
      const item = held(claim);
      if (item) item.result = claim.token;
      return item !== undefined;
    },
    release(claim: Claim): void {
      const item = held(claim);
      if (item) item.token = undefined;
    },
    forget(id: string): boolean {
      const before = items.length;
      items = items.filter((each) => each.id !== id);
      return items.length < before;
    },
    all: () => items.map(({ id, result }) => [id, result]),
  };
}

/**
 * What every queue keeps to.
 * @param open a new, empty queue, and the same one as another process would open it
 */
export function describeQueueContract(
  name: string,
  open: (options: {
    clock: Clock;
    maxWaiting?: number;
    maxWaitingBytes?: number;
  }) => Promise<{ queue: Queue; again?: () => Promise<Queue> }>,
): void {
  describe(`${name} as a queue`, () => {
    const opened: Queue[] = [];
    const create = async (options: { maxWaiting?: number; maxWaitingBytes?: number } = {}) => {
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

    it('holds so many bytes and no more', async () => {
      const { queue } = await create({ maxWaitingBytes: 30 });
      // 21 bytes: an umlaut is two.
      await queue.add(queued('a', '{"text":"ü 1234567"}'));
      await expect(queue.add(queued('b', '{"text":"x"}'))).rejects.toSatisfy((error) =>
        OverloadedError.isInstance(error),
      );
      await queue.add(queued('c', '{"a":"b"}'));
      await queue.finish((await queue.claim(LEASE_MS))!, { result: '1'.repeat(100) });
      await queue.add(queued('b', '{"text":"x"}'));
      expect(await queue.forget('c')).toBe(true);
      await queue.add(queued('d', '{"text":"y"}'));
      expect(await queue.waiting()).toBe(2);
    });

    it('believes no lease that a clock gave which has been set back since', async () => {
      const { queue, clock } = await create();
      await queue.add(queued('a'));
      const old = await queue.claim(LEASE_MS);
      clock.advance(-10 * LEASE_MS);
      const newer = await queue.claim(LEASE_MS);
      expect(newer).toMatchObject({ queued: { requestId: 'a' }, tries: 2 });
      expect(await queue.finish(old!, { result: 'old' })).toBe(false);
    });

    it('keeps no ending of what was forgotten meanwhile, also when it was put off again', async () => {
      const { queue } = await create();
      await queue.add(queued('a'));
      const claim = await queue.claim(LEASE_MS);
      await queue.forget('a');
      expect(await queue.finish(claim!, { result: '1' })).toBe(false);
      await queue.add(queued('a'));
      expect(await queue.finish(claim!, { result: '1' })).toBe(false);
      await queue.release(claim!);
      expect(await queue.read('a')).toMatchObject({ kind: 'waiting', tries: 0 });
    });

    it('lets a claim that was overtaken give nothing back', async () => {
      const { queue, clock } = await create();
      await queue.add(queued('a'));
      const old = await queue.claim(LEASE_MS);
      clock.advance(LEASE_MS + 1);
      expect(await queue.claim(LEASE_MS)).toBeDefined();
      await queue.release(old!);
      expect(await queue.claim(LEASE_MS)).toBeUndefined();
    });

    it('gives back every character of a request and of its ending', async () => {
      const { queue } = await create();
      const odd = JSON.stringify({ text: 'häßlich "quoted" \\ \u0000 🪜\n' });
      await queue.add({ requestId: 'ü 🪜', atWallMs: 1.5, request: odd });
      await queue.finish((await queue.claim(LEASE_MS))!, { result: odd });
      expect(await queue.read('ü 🪜')).toMatchObject({
        queued: { requestId: 'ü 🪜', atWallMs: 1.5, request: odd },
        result: odd,
      });
    });

    it('does what a plain list would, whatever is added, claimed, ended, given back, forgotten or left lying', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(queueStep, { maxLength: 40 }), async (steps) => {
          const { queue, clock, again } = await create();
          const model = createModel();
          const claims: Claim[] = [];
          let current = queue;
          let added = 0;
          for (const step of steps) {
            const nowMs = clock.wallMs();
            const claim = claims.at(-1 - (step.which ?? 0));
            switch (step.do) {
              case 'add':
                model.add(`r${added}`);
                await current.add(queued(`r${added++}`));
                break;
              case 'wait':
                clock.advance(step.ms);
                break;
              case 'claim': {
                const given = await current.claim(LEASE_MS);
                expect(given?.queued.requestId).toBe(model.claim(given?.token, nowMs));
                if (given) claims.push(given);
                break;
              }
              case 'finish':
                if (claim) expect(await current.finish(claim, { result: claim.token })).toBe(model.finish(claim));
                break;
              case 'release':
                if (claim) await current.release(claim);
                if (claim) model.release(claim);
                break;
              case 'forget':
                expect(await current.forget(`r${step.which}`)).toBe(model.forget(`r${step.which}`));
                break;
              case 'restart':
                // Whatever was claimed stays so until its lease is over.
                if (again) opened.push((current = await again()));
                break;
              default:
                step satisfies never;
            }
            expect(await current.waiting()).toBe(model.waiting().length);
          }
          const states = await current.list({ limit: 1000 });
          expect(states.map((state) => [state.queued.requestId, state.kind === 'done' ? state.result : ''])).toEqual(
            model.all(),
          );
          for (const each of opened.splice(0)) await each.close();
        }),
        { numRuns: 25 },
      );
    }, 60_000);

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
