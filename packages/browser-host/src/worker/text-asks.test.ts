import { createFakeClock } from '@terrace/core/testing';
import type { TextResult, TextRunOptions, TextRuntime, TextStep } from '@terrace/core/text';
import { expect, it } from 'vitest';
import { createTextAsks } from './text-asks.js';
import { STEPS_AHEAD, type TextEvent } from './text-protocol.js';

const RESULT = { requestId: 'r' } as TextResult;
const INPUT = { task: 'text-generation', text: 'hello' } as const;
const READ = { id: 'a', reads: true, checks: false };
const settled = () => new Promise((resolve) => setTimeout(resolve));

/** A runtime that writes words without an end, or asks what somebody thinks of one. */
function opened(words = Infinity) {
  const clock = createFakeClock();
  const seen = { written: 0, isLeft: false };
  const text: Pick<TextRuntime, 'stream' | 'run'> = {
    async *stream() {
      try {
        for (; seen.written < words; seen.written++) {
          yield { kind: 'text', choice: 0, text: 'word ', tier: 'small', logProbs: [] } satisfies TextStep;
        }
        return RESULT;
      } finally {
        seen.isLeft = true;
      }
    },
    async run(_, { check }: TextRunOptions = {}) {
      return { ...RESULT, confidence: await check?.('an answer', undefined) };
    },
  };
  let close = (): void => undefined;
  const asks = createTextAsks(text, clock, (id, { signal, onGone }) => {
    close = () => signal.aborted || id !== 'a' || onGone();
  });
  return { asks, clock, seen, close: () => close() };
}

const listen = () => {
  const events: TextEvent[] = [];
  return { events, tell: (event: TextEvent) => void events.push(event) };
};

it('tells steps no further ahead than they are read', async () => {
  const { asks, seen } = opened();
  const { events, tell } = listen();
  const control = new AbortController();
  const asking = asks.ask([INPUT, READ], { signal: control.signal, tell });
  await settled();
  expect(events.length).toBe(1 + STEPS_AHEAD);
  await asks.more(['a', 10], { signal: undefined, tell: undefined });
  await settled();
  expect(events.length).toBe(1 + STEPS_AHEAD + 10);
  control.abort(new Error('closed'));
  await expect(asking).rejects.toThrow('closed');
  expect(seen.isLeft).toBe(true);
});

it('ends what nobody has read for a minute', async () => {
  const { asks, clock, seen } = opened();
  const asking = asks.ask([INPUT, READ], { signal: undefined, tell: listen().tell });
  await settled();
  clock.advance(59_000);
  await settled();
  expect(seen.isLeft).toBe(false);
  clock.advance(1000);
  await expect(asking).rejects.toThrow('nobody has read it for 60 seconds');
  expect([seen.isLeft, clock.sleepers()]).toEqual([true, 0]);
});

it('says last what it says to who reads, and the result to who does not', async () => {
  const { asks } = opened(3);
  expect(await asks.ask([INPUT, READ], { signal: undefined, tell: listen().tell })).toBeUndefined();
  const alone = asks.ask([INPUT, { ...READ, reads: false }], { signal: undefined, tell: undefined });
  expect(await alone).toEqual({ ...RESULT, confidence: undefined });
});

it.each([
  [{ kind: 'rated', value: 0.25 } as const, 0.25],
  [{ kind: 'failed', message: 'no idea' } as const, undefined],
])('asks the page what it thinks of an answer: %j', async (checked, confidence) => {
  const { asks } = opened();
  const { events, tell } = listen();
  const asking = asks.ask([INPUT, { id: 'b', reads: false, checks: true }], { signal: undefined, tell });
  await settled();
  expect(events).toEqual([{ kind: 'began' }, { kind: 'check', checkId: 1, text: 'an answer' }]);
  await asks.checked(['b', 1, checked], { signal: undefined, tell: undefined });
  if (confidence === undefined) await expect(asking).rejects.toThrow('no idea');
  else expect(await asking).toMatchObject({ confidence });
});

it('ends with the tab that asked, though that says nothing', async () => {
  const { asks, seen, close } = opened();
  const asking = asks.ask([INPUT, READ], { signal: undefined, tell: listen().tell });
  await settled();
  expect(seen.isLeft).toBe(false);
  close();
  await expect(asking).rejects.toThrow('the tab that asked for it has gone');
  expect(seen.isLeft).toBe(true);
});
