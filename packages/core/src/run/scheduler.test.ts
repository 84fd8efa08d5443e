import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EngineError } from '../errors/engine-error.js';
import { OverloadedError } from '../errors/overloaded-error.js';
import { createLoader } from '../load/loader.js';
import type { EngineInput } from '../ports/model-engine.js';
import { exampleTier } from '../testing/example-rungs.js';
import { createFakeClock, createFakeEngine, createFakeStore, type FakeModel } from '../testing/index.js';
import { createScheduler, DEFAULT_LIMITS, type Job, type Ran } from './scheduler.js';

const nano = exampleTier('nano');
const base = exampleTier('base');
const load = { provider: 'cpu', expectedRunMs: 1 };
const embed = (text: string): EngineInput => ({ task: 'feature-extraction', text, deltaId: undefined });
const plain = (tier = nano) => ({ ...tier, delta: undefined });
const job = (text: string, more: Partial<Job> = {}): Job => ({ tier: plain(), load, input: embed(text), ...more });
const broken = () => new EngineError({ message: 'The runtime failed.', hint: 'Try again.' });

/** Lets everything happen that waits for nothing but its turn. */
const settled = (): Promise<void> => new Promise((resolve) => void setTimeout(resolve, 0));

/** A scheduler over a fake engine whose runs wait until they are let go, one after the other. */
function setUp(models: Record<string, FakeModel> = {}, workers = 1, limits = DEFAULT_LIMITS, ceilingBytes = Infinity) {
  const clock = createFakeClock();
  const engine = createFakeEngine({ models: { nano: {}, base: {}, ...models }, clock });
  const store = createFakeStore();
  const memory = { clock, idleUnloadMs: Infinity, ceilingBytes: () => ceilingBytes };
  const loader = createLoader({ engine, store, onLoad: () => undefined, memory });
  const scheduler = createScheduler({ loader, clock, workers: () => workers, limits });
  const order = (): string[] => engine.runs.map(({ input }) => input.text);
  return { clock, engine, store, loader, scheduler, order };
}

/** Runs of a model that all wait for one door. */
function door() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

describe('the scheduler', () => {
  it('answers a lone request at once, without company', async () => {
    const { scheduler } = setUp();
    await expect(scheduler.run(job('hello'))).resolves.toMatchObject({ waitedMs: expect.any(Number), batch: 1 });
    expect(scheduler.waiting()).toBe(0);
  });

  it('takes the higher priority first, then the earlier deadline, then the order of arrival', async () => {
    const { opened, open } = door();
    const { scheduler, order } = setUp({ nano: { onRun: () => opened } }, 1, { ...DEFAULT_LIMITS, maxBatch: 1 });
    const first = scheduler.run(job('first'));
    await settled();
    const rest = [
      scheduler.run(job('low', { priority: 'low' })),
      scheduler.run(job('a')),
      scheduler.run(job('b')),
      scheduler.run(job('late', { deadlineAtMs: 900 })),
      scheduler.run(job('soon', { deadlineAtMs: 500 })),
      scheduler.run(job('high', { priority: 'high' })),
    ];
    open();
    await Promise.all([first, ...rest]);
    expect(order()).toEqual(['first', 'high', 'soon', 'late', 'a', 'b', 'low']);
  });

  it('lets those that wait share a run, one answer each, in their order', async () => {
    const { opened, open } = door();
    const { scheduler } = setUp({ nano: { onRun: () => opened } });
    const first = scheduler.run(job('first'));
    await settled();
    const rest = Array.from({ length: 10 }, (_, i) => scheduler.run(job(`text ${i}`)));
    open();
    await first;
    const ran = await Promise.all(rest);
    expect(ran.map(({ batch }) => batch)).toEqual([8, 8, 8, 8, 8, 8, 8, 8, 2, 2]);
    const alone = await Promise.all(Array.from({ length: 10 }, (_, i) => setUp().scheduler.run(job(`text ${i}`))));
    expect(ran.map(({ output }) => output.values)).toEqual(alone.map(({ output }) => output.values));
  });

  it('never calls for a request that was given up while it waited', async () => {
    const { opened, open } = door();
    const { scheduler, order } = setUp({ nano: { onRun: () => opened } });
    const first = scheduler.run(job('first'));
    await settled();
    const controller = new AbortController();
    const reason = new Error('changed my mind');
    const waiting = scheduler.run(job('second', { signal: controller.signal }));
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(scheduler.waiting()).toBe(0);
    open();
    await first;
    expect(order()).toEqual(['first']);
  });

  it('gives up a run under way for who aborts, and answers the others in it', async () => {
    const { opened, open } = door();
    const { scheduler } = setUp({ nano: { onRun: ({ text }) => (text === 'first' ? undefined : opened) } });
    await scheduler.run(job('first'));
    const controller = new AbortController();
    const aborted = scheduler.run(job('second', { signal: controller.signal }));
    const other = scheduler.run(job('third'));
    await settled();
    controller.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    open();
    await expect(other).resolves.toBeDefined();
  });

  it('refuses with OVERLOADED when too many wait, and takes requests again afterwards', async () => {
    const { opened, open } = door();
    const limits = { ...DEFAULT_LIMITS, maxWaiting: 2 };
    const { scheduler } = setUp({ nano: { onRun: () => opened } }, 1, limits);
    const first = scheduler.run(job('first'));
    await settled();
    const rest = [scheduler.run(job('a')), scheduler.run(job('b'))];
    await expect(scheduler.run(job('c'))).rejects.toSatisfy(OverloadedError.isInstance.bind(OverloadedError));
    open();
    await Promise.all([first, ...rest]);
    await expect(scheduler.run(job('d'))).resolves.toBeDefined();
  });

  it('tells everyone who waits when a model cannot be loaded, and tries again for the next', async () => {
    let attempts = 0;
    const onLoad = (): void => {
      attempts++;
      if (attempts === 1) throw broken();
    };
    const { scheduler } = setUp({ nano: { onLoad } });
    const both = await Promise.allSettled([scheduler.run(job('a')), scheduler.run(job('b'))]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(attempts).toBe(1);
    await expect(scheduler.run(job('c'))).resolves.toBeDefined();
  });

  it('finds the one text that breaks a shared run, and answers the rest', async () => {
    const { opened, open } = door();
    const onRun = async ({ text }: EngineInput): Promise<void> => {
      if (text === 'first') await opened;
      if (text === 'poison') throw broken();
    };
    const { scheduler } = setUp({ nano: { onRun } });
    const first = scheduler.run(job('first'));
    await settled();
    const rest = ['a', 'poison', 'b'].map((text) => scheduler.run(job(text)));
    open();
    await first;
    const outcomes = await Promise.allSettled(rest);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('FIELD-BUG 17: a worker that dies takes no request with it', async () => {
    const model: FakeModel = {};
    const { scheduler, engine } = setUp({ nano: model });
    await scheduler.run(job('before'));
    let deaths = 0;
    model.onRun = () => {
      if (deaths > 0) return;
      deaths++;
      model.dead = true;
      throw broken();
    };
    model.onLoad = () => {
      model.dead = false;
    };
    await expect(scheduler.run(job('after'))).resolves.toBeDefined();
    expect(engine.loads).toHaveLength(2);
  });

  it('loads the variant that most have waited for first', async () => {
    const { opened, open } = door();
    const { scheduler, engine, clock } = setUp({ nano: { onLoad: () => opened } });
    const small = exampleTier('small');
    const busy = scheduler.run(job('holds the load'));
    await settled();
    const rare = scheduler.run(job('rare', { tier: plain(small) }));
    const many = [1, 2, 3].map((i) => scheduler.run(job(`many ${i}`, { tier: plain(base) })));
    await settled();
    clock.advance(10);
    open();
    await Promise.allSettled([busy, rare, ...many]);
    expect(engine.loads.map(({ variantId }) => variantId).slice(1)).toEqual([
      base.variant.weights.sha256,
      small.variant.weights.sha256,
    ]);
  });

  it('serves all who wait for a loaded variant before it gives its place to another', async () => {
    const { opened, open } = door();
    const { scheduler, engine } = setUp({ nano: { onLoad: () => opened } }, 1, DEFAULT_LIMITS, 10);
    const jobs = Array.from({ length: 100 }, (_, i) => [
      scheduler.run(job(`nano ${i}`)),
      scheduler.run(job(`base ${i}`, { tier: plain(base) })),
    ]).flat();
    await settled();
    open();
    await Promise.all(jobs);
    expect(engine.loads).toHaveLength(2);
  });

  it('refuses what waits when it is closed, ends what runs, and takes nothing more', async () => {
    const { opened, open } = door();
    const { scheduler, engine } = setUp({ nano: { onRun: () => opened } });
    const first = scheduler.run(job('first'));
    await settled();
    const waiting = scheduler.run(job('waiting'));
    const closing = scheduler.close();
    await expect(waiting).rejects.toMatchObject({ code: 'RUNTIME_CLOSED' });
    open();
    await expect(first).resolves.toBeDefined();
    await closing;
    await expect(scheduler.run(job('late'))).rejects.toMatchObject({ code: 'RUNTIME_CLOSED' });
    expect(engine.loads).toHaveLength(1);
  });

  it('answers a request whose worker has died since the last one', async () => {
    const model: FakeModel = {};
    const { scheduler, engine } = setUp({ nano: model });
    await scheduler.run(job('before'));
    model.dead = true;
    model.onLoad = () => void (model.dead = false);
    const withDelta = { ...embed('after'), task: 'text-classification', deltaId: nano.delta!.contentId } as const;
    await expect(scheduler.run(job('after', { tier: nano, input: withDelta }))).resolves.toBeDefined();
    expect(engine.loads).toHaveLength(2);
  });

  it('lets a download hold up nobody but who waits for it', async () => {
    const { scheduler, store } = setUp();
    let arrive = (): void => undefined;
    const { locate } = store;
    store.locate = (file, options) =>
      file.path === base.variant.weights.path
        ? new Promise((resolve) => void (arrive = () => resolve(locate(file, options))))
        : locate(file, options);
    const far = scheduler.run(job('far', { tier: plain(base) }));
    await expect(scheduler.run(job('near'))).resolves.toBeDefined();
    store.locate = locate;
    arrive();
    await expect(far).resolves.toBeDefined();
  });

  it('gives up a download that nobody waits for any more', async () => {
    const { scheduler, store } = setUp();
    const given: AbortSignal[] = [];
    store.locate = (_, options) => {
      if (options?.signal) given.push(options.signal);
      return new Promise(() => undefined);
    };
    const controllers = [new AbortController(), new AbortController()] as const;
    const both = controllers.map(({ signal }) => scheduler.run(job('far', { signal })));
    controllers[0].abort(new Error('enough'));
    await expect(both[0]).rejects.toThrow('enough');
    expect(given.every(({ aborted }) => !aborted)).toBe(true);
    controllers[1].abort(new Error('enough too'));
    await expect(both[1]).rejects.toThrow('enough too');
    expect(given.length).toBeGreaterThan(0);
    expect(given.every(({ aborted }) => aborted)).toBe(true);
  });

  it('loses no request and answers none twice, whatever fails, dies or is given up', async () => {
    const step = fc.record({
      text: fc.string({ minLength: 1, maxLength: 30 }),
      tier: fc.constantFrom(nano, base),
      priority: fc.constantFrom('high', 'normal', 'low'),
      deadlineAtMs: fc.constantFrom(Infinity, 5, 50),
      fails: fc.boolean(),
      dies: fc.boolean(),
      aborts: fc.boolean(),
      pause: fc.boolean(),
    });
    const anyPolicy = fc.record({
      maxWaitMs: fc.constantFrom(Infinity, 2, 6),
      whenOverdue: fc.constantFrom('reject', 'delay'),
      preferredBatch: fc.constantFrom(undefined, 3),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 3 }),
        anyPolicy,
        async (steps, workers, policy) => {
          const deadly = new Set(steps.flatMap(({ dies }, i) => (dies ? [`${i}`] : [])));
          const failing = new Set(steps.flatMap(({ fails }, i) => (fails ? [`${i}`] : [])));
          const model = (): FakeModel => {
            const behaviour: FakeModel = {
              async onRun({ text }) {
                await Promise.resolve();
                const id = text.split(':')[0]!;
                if (deadly.delete(id)) behaviour.dead = true;
                if (behaviour.dead || failing.has(id)) throw broken();
              },
              onLoad() {
                behaviour.dead = false;
              },
            };
            return behaviour;
          };
          const { scheduler, clock } = setUp({ nano: model(), base: model() }, workers, {
            ...DEFAULT_LIMITS,
            ...policy,
          });
          const settledTimes = steps.map(() => 0);
          const asked: Promise<unknown>[] = [];
          for (const [i, { text, tier, priority, deadlineAtMs, aborts, pause }] of steps.entries()) {
            const controller = new AbortController();
            const { signal } = controller;
            const run = scheduler.run(
              job(`${i}:${text}`, { tier: plain(tier), priority, deadlineAtMs, ...(aborts && { signal }) }),
            );
            const count = (): void => void settledTimes[i]!++;
            asked.push(run.then(count, count));
            if (aborts) queueMicrotask(() => controller.abort(new Error('given up')));
            if (pause) await settled();
          }
          for (let i = 0; i < 20; i++) {
            await settled();
            clock.advance(1);
          }
          await Promise.all(asked);
          expect(settledTimes).toEqual(steps.map(() => 1));
          expect(scheduler.waiting()).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives each request the answer to its own text, however they were batched', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ minLength: 1, maxLength: 60 }), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 4 }),
        async (texts, workers) => {
          const { scheduler, clock } = setUp({}, workers);
          const asked = texts.map((text) => scheduler.run(job(text)));
          for (let i = 0; i < 5; i++) {
            await settled();
            clock.advance(1);
          }
          const expected = await Promise.all(
            texts.map(async (text) => (await setUp().scheduler.run(job(text))).output),
          );
          const got = (await Promise.all(asked)).map(({ output }: Ran) => output);
          expect(got).toEqual(expected);
        },
      ),
      { numRuns: 40 },
    );
  });
});
