import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareWaiting, enqueue, holdBackMs, takeBatch, type Waiting } from './queue.js';

const waiting = (changes: Partial<Waiting> = {}, text = 'a request'): Waiting => ({
  input: { task: 'text-classification', text, deltaId: 'd' },
  priority: 'normal',
  deadlineAtMs: Infinity,
  sinceMs: 0,
  sequence: 0,
  alone: false,
  overdue: false,
  ...changes,
});

const anyWaiting = fc
  .record({
    priority: fc.constantFrom('high', 'normal', 'low'),
    deadlineAtMs: fc.constantFrom(Infinity, 10, 20, 1000),
    alone: fc.boolean(),
    overdue: fc.boolean(),
    text: fc.string({ minLength: 1, maxLength: 300 }),
    deltaId: fc.constantFrom('a', 'b', undefined),
  })
  .map(({ text, deltaId, ...rest }) => waiting({ ...rest, input: { task: 'text-classification', text, deltaId } }));

const anyQueue = fc
  .array(anyWaiting, { maxLength: 50 })
  .map((all) => all.map((each, sequence) => ({ ...each, sequence })));

const queueOf = (all: readonly Waiting[]): Waiting[] => {
  const queue: Waiting[] = [];
  for (const each of all) enqueue(queue, each);
  return queue;
};

describe('the queue', () => {
  it('is always sorted by priority, patience, deadline and arrival', () => {
    fc.assert(
      fc.property(anyQueue, (all) => {
        expect(queueOf(all)).toEqual(all.toSorted(compareWaiting));
      }),
    );
  });

  it('hands out everyone once, the first of all in the first batch', () => {
    fc.assert(
      fc.property(anyQueue, fc.integer({ min: 1, max: 9 }), (all, maxBatch) => {
        const queue = queueOf(all);
        const taken: number[] = [];
        while (queue.length > 0) {
          const head = queue[0]!;
          const batch = takeBatch(queue, { maxBatch, nowMs: 0, runMs: 2 });
          expect(batch[0]).toBe(head);
          expect(batch.length).toBeLessThanOrEqual(maxBatch);
          taken.push(...batch.map(({ sequence }) => sequence));
        }
        expect(taken.toSorted((a, b) => a - b)).toEqual(all.map(({ sequence }) => sequence));
      }),
    );
  });

  it('puts only requests of one delta and task in a batch, and those that failed in company in none', () => {
    fc.assert(
      fc.property(anyQueue, (all) => {
        const batch = takeBatch(queueOf(all), { maxBatch: 8, nowMs: 0, runMs: 0.1 });
        expect(new Set(batch.map(({ input }) => input.deltaId)).size).toBeLessThanOrEqual(1);
        if (batch.length > 1) expect(batch.some(({ alone }) => alone)).toBe(false);
      }),
    );
  });

  it('makes no batch so large that a deadline in it would be missed', () => {
    fc.assert(
      fc.property(anyQueue, fc.double({ min: 0.1, max: 15, noNaN: true }), (all, runMs) => {
        const batch = takeBatch(queueOf(all), { maxBatch: 8, nowMs: 0, runMs });
        const keepable = batch.filter(({ deadlineAtMs }) => deadlineAtMs >= runMs);
        if (batch.length > 1)
          for (const { deadlineAtMs } of keepable) expect(batch.length * runMs).toBeLessThanOrEqual(deadlineAtMs);
      }),
    );
  });

  it('leaves texts of another length for a later batch', () => {
    const queue = queueOf([waiting(), waiting({ sequence: 1 }, 'x'.repeat(400)), waiting({ sequence: 2 })]);
    const batch = takeBatch(queue, { maxBatch: 8, nowMs: 0, runMs: 1 });
    expect(batch.map(({ sequence }) => sequence)).toEqual([0, 2]);
    expect(queue.map(({ sequence }) => sequence)).toEqual([1]);
  });
});

describe('holding back for company', () => {
  const limits = { maxBatch: 8, maxDelayMs: 1 };
  const situation = { limits, company: 4, busy: true, nowMs: 0.25, runMs: 2 };

  it('holds a request back for the rest of a millisecond where more are likely to come', () => {
    expect(holdBackMs([waiting()], situation)).toBe(0.75);
  });

  it.each([
    ['nothing waits', [], {}],
    ['no other worker is busy', [waiting()], { busy: false }],
    ['the last run had no company', [waiting()], { company: 1 }],
    ['as many have come as the last time', [1, 2, 3, 4].map(() => waiting()), {}],
    ['it failed in company', [waiting({ alone: true })], {}],
    ['it has waited for a millisecond', [waiting()], { nowMs: 1 }],
    ['its deadline leaves just the run', [waiting({ deadlineAtMs: 2.25 })], {}],
  ])('goes at once when %s', (_, queue, changes) => {
    expect(holdBackMs(queue, { ...situation, ...changes })).toBe(0);
  });

  describe('for a batch of a preferred size', () => {
    const preferring = { ...situation, limits: { ...limits, preferredBatch: 3 }, busy: false, company: 1 };

    it('holds fewer back, also where a worker is free and the last run had no company', () => {
      expect(
        holdBackMs(
          [1, 2].map(() => waiting()),
          preferring,
        ),
      ).toBe(0.75);
    });

    it('lets so many go at once, however many came the last time', () => {
      expect(
        holdBackMs(
          [1, 2, 3].map(() => waiting()),
          { ...preferring, company: 8 },
        ),
      ).toBe(0);
    });

    it('never waits for more than fit', () => {
      const larger = { ...preferring, limits: { ...limits, maxBatch: 2, preferredBatch: 3 } };
      expect(
        holdBackMs(
          [1, 2].map(() => waiting()),
          larger,
        ),
      ).toBe(0);
    });

    it.each([
      ['it has waited for a millisecond', [waiting()], { nowMs: 1 }],
      ['it failed in company', [waiting({ alone: true })], {}],
      ['its deadline leaves just the run', [waiting({ deadlineAtMs: 2.25 })], {}],
    ])('goes at once when %s', (_, queue, changes) => {
      expect(holdBackMs(queue, { ...preferring, ...changes })).toBe(0);
    });
  });
});
