import { describe, expect, it } from 'vitest';
import { createLoader } from '../load/loader.js';
import { exampleTier } from '../testing/example-rungs.js';
import { createFakeClock, createFakeEngine, createFakeStore, type FakeModel } from '../testing/index.js';
import { createScheduler, DEFAULT_LIMITS, type Job, type SchedulerLimits } from './scheduler.js';

const tier = { ...exampleTier('nano'), delta: undefined };
const load = { provider: 'cpu', expectedRunMs: 1 };
const job = (text: string, more: Partial<Job> = {}): Job => ({
  tier,
  load,
  input: { task: 'feature-extraction', text, deltaId: undefined },
  ...more,
});

/** Lets everything happen that waits for nothing but its turn. */
const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

/** A scheduler with one worker whose runs wait at a door. */
function setUp(limits: Partial<SchedulerLimits>, model: FakeModel = {}) {
  const clock = createFakeClock();
  const engine = createFakeEngine({ models: { nano: model }, clock });
  const loader = createLoader({ engine, store: createFakeStore(), onLoad: () => undefined });
  const scheduler = createScheduler({ loader, clock, workers: () => 1, limits: { ...DEFAULT_LIMITS, ...limits } });
  const order = (): string[] => engine.runs.map(({ input }) => input.text);
  return { clock, scheduler, order };
}

function door() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

describe('the limits of the scheduler', () => {
  describe('a request that has waited too long', () => {
    const limits = { maxBatch: 1, maxWaitMs: 10 };

    it('is refused with OVERLOADED, and no other', async () => {
      const { opened, open } = door();
      const { scheduler, clock, order } = setUp(limits, { onRun: () => opened });
      const first = scheduler.run(job('first'));
      await settled();
      const impatient = scheduler.run(job('a'));
      clock.advance(9);
      const later = scheduler.run(job('b'));
      clock.advance(1);
      await expect(impatient).rejects.toMatchObject({ code: 'OVERLOADED', facts: { maxWaitMs: 10 } });
      expect(scheduler.waiting()).toBe(1);
      open();
      await Promise.all([first, later]);
      expect(order()).toEqual(['first', 'b']);
    });

    it('lets the others of its priority go first where it is to be put off, and is answered', async () => {
      const { opened, open } = door();
      const delaying = { ...limits, whenOverdue: 'delay' } as const;
      const { scheduler, clock, order } = setUp(delaying, { onRun: () => opened });
      const first = scheduler.run(job('first'));
      await settled();
      const asked = [scheduler.run(job('a')), scheduler.run(job('low', { priority: 'low' }))];
      clock.advance(10);
      await settled();
      asked.push(scheduler.run(job('b')));
      expect(scheduler.waiting()).toBe(3);
      open();
      await Promise.all([first, ...asked]);
      expect(order()).toEqual(['first', 'b', 'a', 'low']);
    });

    it('is forgotten when it was given up, or when the scheduler was closed', async () => {
      const { opened, open } = door();
      const { scheduler, clock } = setUp(limits, { onRun: () => opened });
      const first = scheduler.run(job('first'));
      await settled();
      const controller = new AbortController();
      const given = scheduler.run(job('a', { signal: controller.signal }));
      controller.abort(new Error('enough'));
      await expect(given).rejects.toThrow('enough');
      const left = scheduler.run(job('b'));
      const closing = scheduler.close();
      await expect(left).rejects.toMatchObject({ code: 'RUNTIME_CLOSED' });
      clock.advance(10);
      await settled();
      expect(scheduler.waiting()).toBe(0);
      open();
      await Promise.all([first, closing]);
    });
  });

  it('holds requests back for a batch of the preferred size, and for no longer than they may wait', async () => {
    const { scheduler, clock } = setUp({ preferredBatch: 2, maxDelayMs: 5 });
    await Promise.all([scheduler.run(job('warm')), scheduler.run(job('up'))]);
    const lone = scheduler.run(job('a'));
    await settled();
    expect(scheduler.waiting()).toBe(1);
    clock.advance(5);
    await expect(lone).resolves.toMatchObject({ batch: 1, waitedMs: 5 });
    const both = await Promise.all([scheduler.run(job('a')), scheduler.run(job('b'))]);
    expect(both.map(({ batch }) => batch)).toEqual([2, 2]);
  });
});
