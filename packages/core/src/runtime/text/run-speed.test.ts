import { expect, it } from 'vitest';
import { createFakeClock } from '../../testing/fake-clock.js';
import { createFakeTextSource } from '../../testing/fake-text-source.js';
import { exampleRemoteTextTier, exampleTextRung, exampleTextTier } from '../../testing/example-text-tier.js';
import { DEFAULT_GENERATION } from '../../tasks/text-generation/generation.js';
import type { TextTier } from '../../text/text-tier.js';
import { speedOf } from './run-speed.js';
import { TierRun } from './tier-run.js';

const words = (count: number): string => Array.from({ length: count }, (_, i) => `w${i}`).join(' ');

/** A run whose first token takes 100 ms and whose others come 20 ms apart. */
async function ran(question: number, answer: number, n = 1, tier: TextTier = exampleRemoteTextTier('a')) {
  const clock = createFakeClock();
  const source = createFakeTextSource({
    answers: words(answer),
    onTurn: (turn) => clock.advance(turn === 0 ? 100 : 20),
  });
  const ask = {
    messages: [{ role: 'user' as const, content: words(question) }],
    tools: [],
    prefix: '',
    chatTemplate: undefined,
    generation: { ...DEFAULT_GENERATION, n },
    priority: 'normal' as const,
    requestId: 'r',
    domain: undefined,
    key: undefined,
    expectedMs: 1,
  };
  const rung = exampleTextRung(tier);
  const run = new TierRun({ rung, source, ask, textBytes: 4, clock, signal: undefined });
  for (let over = false; !over;) {
    const read = await run.next(Infinity);
    over = read === 'late' || read.done === true;
  }
  // As of an endpoint, of which only the clock is known.
  run.end = { ...run.end!, timings: undefined };
  return run;
}

const before = { prefillTokensPerSecond: 1, decodeTokensPerSecond: 2 };

it('tells how fast a run was read and written', async () => {
  expect(speedOf(await ran(158, 31), undefined)).toEqual({ prefillTokensPerSecond: 1600, decodeTokensPerSecond: 50 });
});

it('keeps what was known where a run is too short or several answers share it', async () => {
  expect(speedOf(await ran(100, 31), before)).toEqual({ prefillTokensPerSecond: 1, decodeTokensPerSecond: 50 });
  expect(speedOf(await ran(158, 3), before)).toEqual({ prefillTokensPerSecond: 1600, decodeTokensPerSecond: 2 });
  expect(speedOf(await ran(158, 3), undefined)).toEqual({ prefillTokensPerSecond: 1600 });
  expect(speedOf(await ran(3, 3), undefined)).toBeUndefined();
  expect(speedOf(await ran(158, 31, 2), before)).toBe(before);
});

it('believes of this device what it has measured, and no clock that a load and a reader are in', async () => {
  const run = await ran(158, 31, 1, exampleTextTier('a'));
  expect(speedOf(run, before)).toBe(before);
  run.end = { ...run.end!, timings: { queuedMs: 9000, prefillMs: 200, decodeMs: 300 } };
  expect(speedOf(run, before)).toEqual({ prefillTokensPerSecond: 800, decodeTokensPerSecond: 100 });
});
