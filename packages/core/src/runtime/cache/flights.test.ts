import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CacheOutcome } from '../../cache/cache-facts.js';
import type { AnyResult, AnyStep } from './answers.js';
import { CHAT, createWorld, told, type World } from './testing/cache-world.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

let w: World;
beforeEach(() => {
  w = createWorld({ startHash });
  w.world.isSlow = true;
});

const settled = () => new Promise<void>((resolve) => setTimeout(resolve));
const textOf = (step: IteratorResult<AnyStep, AnyResult>): string =>
  !step.done && step.value.kind === 'text' ? step.value.text : '';

describe('requests that are the same at the same time', () => {
  it('share one run, and each is a request of its own', async () => {
    const outcomes: CacheOutcome[] = [];
    const onCache = (outcome: CacheOutcome): void => void outcomes.push(outcome);
    const all = [1, 2, 3].map(() => w.cached.run(CHAT, { onCache }));
    await w.asked(1);
    w.clock.advance(40);
    w.world.open();
    const [first, second, third] = await Promise.all(all);
    expect(w.world.asked).toHaveLength(1);
    expect(outcomes).toEqual(['miss', 'exact', 'exact']);
    expect(first!.cache).toBeUndefined();
    expect(second!.cache).toMatchObject({ kind: 'exact', ageMs: 0, from: first!.requestId, saved: { durationMs: 40 } });
    expect(new Set([first, second, third].map((each) => each!.requestId)).size).toBe(3);
    expect(second!.costUsd).toBe(0);
    expect(second!.trace.map(({ kind }) => kind)).toEqual(['cache', 'stop']);
    await w.cached.flush();
    expect(w.outcomes.map(({ cache }) => cache?.kind)).toEqual(['exact', 'exact']);
  });

  it('share an answer that is not kept as it is', async () => {
    w.world.change = (result) =>
      ({ ...result, verdict: { ...result.verdict, kind: 'abstain', degraded: 'deadline' } }) as AnyResult;
    const both = [w.cached.run(CHAT), w.cached.run(CHAT)];
    await w.asked(1);
    w.world.open();
    const [, second] = await Promise.all(both);
    expect(second!.verdict).toMatchObject({ kind: 'abstain', degraded: 'deadline' });
    expect(second!.trace.at(-1)).toMatchObject({ kind: 'stop', degraded: 'deadline' });
  });

  it('do not share when one of them waits no longer than it says', async () => {
    const all = [w.cached.run(CHAT), w.cached.run({ ...CHAT, deadlineMs: 50 }), w.cached.run(CHAT, { key: 'a' })];
    await w.asked(3);
    for (let i = 0; i < 3; i++) w.world.open();
    await Promise.all(all);
  });

  it('go on when the first of two gives up, and end when both do', async () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const first = w.cached.run(CHAT, { signal: a.signal });
    const second = w.cached.run(CHAT, { signal: b.signal });
    await w.asked(1);
    a.abort(new Error('enough'));
    await expect(first).rejects.toThrow('enough');
    w.world.open();
    expect((await second).cache?.kind).toBe('exact');

    await w.cached.cache.forget({});
    const [c, d] = [new AbortController(), new AbortController()];
    const both = [w.cached.run(CHAT, { signal: c.signal }), w.cached.run(CHAT, { signal: d.signal })];
    await w.asked(2);
    c.abort(new Error('enough'));
    d.abort(new Error('enough'));
    for (const each of both) await expect(each).rejects.toThrow('enough');
    expect(w.world.asked[1]!.options.signal?.aborted).toBe(true);
    // Who comes now does not wait for what was given up.
    const third = w.cached.run(CHAT);
    await w.asked(3);
    w.world.open();
    w.world.open();
    expect((await third).cache).toBeUndefined();
  });

  it('are told of one failure, and it is forgotten', async () => {
    const both = [w.cached.run(CHAT), w.cached.run(CHAT)];
    await w.asked(1);
    w.world.failure = new Error('broken');
    w.world.open();
    for (const each of await Promise.allSettled(both)) expect(each).toMatchObject({ reason: { message: 'broken' } });
    w.world.failure = undefined;
    w.world.isSlow = false;
    expect(await w.ask(CHAT)).toBe('miss');
    expect(await w.ask(CHAT)).toBe('exact');
  });

  it('do not share a run whose deadline is much nearer than their own', async () => {
    const ask = { ...CHAT, deadlineMs: 1000 };
    const all = [w.cached.run(ask)];
    await w.asked(1);
    w.clock.advance(100);
    all.push(w.cached.run(ask));
    await settled();
    expect(w.world.asked).toHaveLength(1);
    w.clock.advance(1);
    all.push(w.cached.run(ask));
    await w.asked(2);
    w.world.open();
    w.world.open();
    const [, inTime, late] = await Promise.all(all);
    expect([inTime!.cache?.kind, late!.cache?.kind]).toEqual(['exact', undefined]);
  });

  it('do not share what was begun before answers were forgotten', async () => {
    const before = w.cached.run(CHAT);
    await w.asked(1);
    await w.cached.cache.forget({ tag: 'any' });
    const after = w.cached.run(CHAT);
    await w.asked(2);
    w.world.open();
    w.world.open();
    await before;
    expect((await after).cache).toBeUndefined();
  });

  it('compute anew each by itself where that is asked for', async () => {
    const both = [w.cached.run({ ...CHAT, cache: 'refresh' }), w.cached.run({ ...CHAT, cache: 'refresh' })];
    await w.asked(2);
    w.world.open();
    w.world.open();
    await Promise.all(both);
  });
});

describe('a stream that is joined in the middle', () => {
  it('is told from its beginning and goes on with the first', async () => {
    const first = w.stream(CHAT);
    const begun = first.next();
    await w.asked(1);
    w.world.open();
    expect(textOf(await begun)).toBe('P');

    const second = w.stream(CHAT, { requestId: 'second' });
    const found = await second.next();
    expect(found.value).toMatchObject({ kind: 'trace', event: { kind: 'cache', hit: 'exact', ageMs: 0 } });
    expect(textOf(await second.next())).toBe('P');
    const next = second.next();
    await settled();
    w.world.open();
    expect(textOf(await next)).toBe('a');

    w.world.isSlow = false;
    const [restOfFirst, restOfSecond] = await Promise.all([told(first), told(second)]);
    expect(restOfFirst.text).toBe('aris.');
    expect(restOfSecond.text).toBe('ris.');
    const [result, own] = [restOfFirst, restOfSecond].map(({ steps }) => steps.at(-1) as { result: AnyResult });
    expect(own!.result.requestId).toBe('second');
    expect(own!.result.cache?.from).toBe(result!.result.requestId);
    expect(found.value).toMatchObject({ event: { from: result!.result.requestId } });
    expect(own!.result.trace[0]).toMatchObject({ kind: 'cache', from: result!.result.requestId });
    expect(w.world.asked).toHaveLength(1);
    await w.cached.flush();
    expect((await w.store.stats()).entries).toBe(1);
  });

  it('gives each reader steps of its own: what one makes of them neither others nor the cache see', async () => {
    const spoil = (step: IteratorResult<AnyStep, AnyResult>): void => {
      const open = (step.done ? { result: step.value } : step.value) as { text?: string; result?: { output: object } };
      if (open.text !== undefined) open.text = 'spoilt';
      if (open.result) Object.assign(open.result.output, { choices: [] });
    };
    const first = w.stream(CHAT);
    const begun = first.next();
    await w.asked(1);
    w.world.open();
    spoil(await begun);
    const second = w.stream(CHAT);
    await second.next();
    w.world.isSlow = false;
    w.world.open();
    for (let step = await first.next(); ; step = await first.next()) {
      spoil(step);
      if (step.done) break;
    }
    const { text, steps } = await told(second);
    expect(text).toBe('Paris.');
    expect(steps.at(-1)).toMatchObject({ result: { output: { choices: [{ text: 'Paris.' }] } } });
    await w.cached.flush();
    expect((await told(w.stream(CHAT))).text).toBe('Paris.');
  });

  it('goes on when the first reader goes away', async () => {
    const first = w.stream(CHAT);
    const begun = first.next();
    await w.asked(1);
    w.world.open();
    await begun;
    const second = w.stream(CHAT);
    await second.next();
    await first.return(undefined as never);
    w.world.isSlow = false;
    expect((await told(second)).text).toBe('Paris.');
    expect(w.world.asked[0]!.options.signal?.aborted).toBe(false);
  });

  it('ends for real when whoever joined it goes away at its first step', async () => {
    const first = w.stream(CHAT);
    const begun = first.next();
    await w.asked(1);
    w.world.open();
    await begun;
    const second = w.stream(CHAT);
    await second.next();
    await second.return(undefined as never);
    await first.return(undefined as never);
    await settled();
    expect(w.world.ended).toBe(1);
    expect(w.world.asked[0]!.options.signal?.aborted).toBe(true);
  });

  it('ends for real when its only reader goes away between two steps', async () => {
    const only = w.stream(CHAT);
    const begun = only.next();
    await w.asked(1);
    w.world.open();
    await begun;
    await only.return(undefined as never);
    await settled();
    expect(w.world.ended).toBe(1);
    expect(w.world.asked[0]!.options.signal?.aborted).toBe(true);
    await w.cached.flush();
    expect((await w.store.stats()).entries).toBe(0);
  });

  it('is kept although its reader has enough with the result', async () => {
    w.world.isSlow = false;
    for await (const step of w.stream(CHAT)) if (step.kind === 'result') break;
    await w.cached.flush();
    expect(await w.ask(CHAT)).toBe('exact');
    expect(w.world.ended).toBe(1);
  });

  it('waits for an answer of which no steps are told, and tells it then', async () => {
    const first = w.cached.run(CHAT);
    await w.asked(1);
    const second = told(w.stream(CHAT));
    await settled();
    w.world.open();
    await first;
    const { text, steps } = await second;
    expect(text).toBe('Paris.');
    expect(steps[0]).toMatchObject({ kind: 'trace', event: { kind: 'cache' } });
    expect(w.world.asked).toHaveLength(1);
  });

  it('is not joined when it has told more than is held on to', async () => {
    w.world.isSlow = false;
    w.world.text = 'x'.repeat(40_000);
    const first = w.stream(CHAT);
    // A letter of this stream counts as ten bytes: itself and its number.
    for (let i = 0; i < 30_000; i++) await first.next();
    await w.ask(CHAT);
    expect(w.world.asked).toHaveLength(2);
    expect((await told(first)).text).toHaveLength(10_000);
  });
});
