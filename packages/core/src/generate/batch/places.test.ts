import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choosePlaces, SHARE_MS } from './places.js';

interface Row {
  readonly name: number;
  readonly tokens: number;
  placedMs: number;
}

const row = (name: number, tokens = 1, placedMs = 0): Row => ({ name, tokens, placedMs });
const ROOM = 100;
const MAX_ROWS = 4;
/** All of them as long as the longest. */
const fits = (rows: readonly Row[]): boolean =>
  rows.length <= 1 || (rows.length <= MAX_ROWS && rows.length * Math.max(...rows.map(({ tokens }) => tokens)) <= ROOM);

describe('places', () => {
  it('are for whoever waits as long as some are left', () => {
    const [a, b, c] = [row(1), row(2), row(3)];
    expect(choosePlaces({ inside: [a], waiting: [b, c], nowMs: 0, fits })).toEqual({ leaving: [], joining: [b, c] });
  });

  it('are left by whoever had one for longest, once it had its share', () => {
    const inside = [row(1, 1, 5), row(2, 1, 0), row(3, 1, 9), row(4, 1, 7)];
    const waiting = [row(5)];
    expect(choosePlaces({ inside, waiting, nowMs: SHARE_MS - 1, fits })).toEqual({ leaving: [], joining: [] });
    expect(choosePlaces({ inside, waiting, nowMs: SHARE_MS, fits })).toEqual({
      leaving: [inside[1]],
      joining: waiting,
    });
  });

  it('are left at once by those who do not fit beside each other any more', () => {
    const inside = [row(1, 34, 1), row(2, 10, 0), row(3, 30, 2)];
    expect(choosePlaces({ inside, waiting: [], nowMs: 3, fits }).leaving).toEqual([inside[1]]);
  });

  it('are not taken by those behind one that needs more', () => {
    const inside = [row(1, 10), row(2, 10)];
    const waiting = [row(3, 60), row(4, 10)];
    expect(choosePlaces({ inside, waiting, nowMs: 10, fits })).toEqual({ leaving: [], joining: [] });
  });

  it('come to everybody, however much memory they need, and hold no more than there is', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: ROOM }), { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 50, max: 700 }), (tokens, stepMs) => {
        let inside: Row[] = [];
        let waiting = tokens.map((each, name) => row(name, each));
        const lastMs = tokens.map(() => 0);
        let longestMs = 0;
        const mostMs = (tokens.length + 1) * (SHARE_MS + MAX_ROWS * stepMs);
        for (let nowMs = 0; nowMs < 3 * mostMs; nowMs += stepMs) {
          const { leaving, joining } = choosePlaces({ inside, waiting, nowMs, fits });
          for (const one of joining) one.placedMs = nowMs;
          inside = [...inside.filter((one) => !leaving.includes(one)), ...joining];
          waiting = [...waiting.filter((one) => !joining.includes(one)), ...leaving];
          if (inside.length === 0 || !fits(inside)) return false;
          for (const { name } of inside) lastMs[name] = nowMs;
          longestMs = Math.max(longestMs, nowMs - Math.min(...lastMs));
        }
        return longestMs <= mostMs;
      }),
      { numRuns: 100 },
    );
  });
});
