import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asOf, crashOf, culpritOf, pauseMs } from './crash-rules.js';
import type { Mark } from './mark.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 0, 1);
const mark = (changes: Partial<Mark> = {}): Mark => ({
  variantId: 'a',
  modelId: 'base',
  provider: 'wasm',
  phase: 'run',
  bytes: 1,
  ...changes,
});

describe('the pause after a crash', () => {
  it('is a minute, and doubles up to a day', () => {
    expect([1, 2, 3, 10, 11, 12, 2000].map(pauseMs)).toEqual([
      60_000,
      120_000,
      240_000,
      512 * 60_000,
      1024 * 60_000,
      DAY,
      DAY,
    ]);
  });
});

describe('what a page died of', () => {
  it('is nothing where nothing went on', () => {
    expect(culpritOf([])).toBeUndefined();
  });

  it('is what was being loaded rather than what ran', () => {
    const loaded = mark({ phase: 'load' });
    expect(culpritOf([mark({ bytes: 9 }), loaded, mark()])).toBe(loaded);
  });

  it('is the heaviest of several', () => {
    const heavy = mark({ bytes: 9 });
    expect(culpritOf([mark({ bytes: 2 }), heavy, mark()])).toBe(heavy);
    const both = [mark({ phase: 'load', bytes: 5 }), mark({ phase: 'load', bytes: 6 })];
    expect(culpritOf(both)).toBe(both[1]);
  });
});

describe('a crash', () => {
  it('is counted with those before it, whatever it was at', () => {
    const first = crashOf(mark(), undefined, NOW);
    expect(first).toEqual({
      variantId: 'a',
      modelId: 'base',
      provider: 'wasm',
      phase: 'run',
      timesInARow: 1,
      atWallMs: NOW,
      untilWallMs: NOW + 60_000,
    });
    expect(crashOf(mark({ phase: 'load' }), first, NOW + HOUR)).toMatchObject({
      phase: 'load',
      timesInARow: 2,
      atWallMs: NOW + HOUR,
      untilWallMs: NOW + HOUR + 120_000,
    });
  });

  it('of a load that nobody had asked for keeps only that from being done, once; the next in a row is like any other', () => {
    const ahead = mark({ phase: 'load', isAhead: true });
    const first = crashOf(ahead, undefined, NOW);
    expect(first).toMatchObject({ timesInARow: 1, untilWallMs: NOW + 60_000, isAhead: true });
    for (const next of [ahead, mark({ phase: 'load' }), mark()]) {
      const second = crashOf(next, first, NOW + HOUR);
      expect(second).toMatchObject({ timesInARow: 2, untilWallMs: NOW + HOUR + 120_000 });
      expect(second).not.toHaveProperty('isAhead');
    }
    expect(crashOf(ahead, crashOf(mark(), undefined, NOW), NOW)).not.toHaveProperty('isAhead');
  });

  it('is remembered for a month after its pause, so that the next one is the second', () => {
    const crash = crashOf(mark(), undefined, NOW);
    expect(asOf(crash, NOW + 30 * DAY)).toEqual(crash);
    expect(asOf(crash, NOW + 31 * DAY)).toBeUndefined();
  });

  it('is left out for no longer than its pause from now on, whatever the clock said before', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.integer({ min: -50 * DAY, max: 50 * DAY }), (times, offsetMs) => {
        const crash = { ...crashOf(mark(), undefined, NOW), timesInARow: times, untilWallMs: NOW + pauseMs(times) };
        const now = NOW + offsetMs;
        const { untilWallMs = now } = asOf(crash, now) ?? {};
        expect(untilWallMs - now).toBeLessThanOrEqual(pauseMs(times));
        if (offsetMs <= 0) expect(untilWallMs).toBe(now + pauseMs(times));
      }),
    );
  });
});
