import type { Clock } from '../ports/clock.js';
import type { KeptAnswer } from '../ports/response-cache.js';

type Dated = Pick<KeptAnswer, 'key' | 'storedAtWallMs' | 'expiresAtWallMs'>;

/** How old answers are, on clocks that people set. */
export interface Ages {
  /**
   * Milliseconds since it was kept; undefined when it may not be given again: its time is over, it claims to be from the
   * future, or to live longer than anything may.
   */
  ageOf(answer: Dated, longestMs: number): number | undefined;
}

interface Seen {
  readonly storedAtWallMs: number;
  readonly ageMs: number;
  readonly atSteadyMs: number;
}

/** Answers whose age is followed on the steady clock; of others the wall clock is believed. */
const FOLLOWED = 10_000;

/** An answer that this process has seen ages by the steady clock as well: a wall clock put back lengthens no life. */
export function createAges(clock: Pick<Clock, 'nowMs' | 'wallMs'>): Ages {
  const seen = new Map<string, Seen>();

  const steadyAge = (key: string, storedAtWallMs: number): number => {
    const before = seen.get(key);
    return before?.storedAtWallMs === storedAtWallMs ? before.ageMs + clock.nowMs() - before.atSteadyMs : 0;
  };
  const follow = (key: string, storedAtWallMs: number, ageMs: number): void => {
    seen.delete(key);
    seen.set(key, { storedAtWallMs, ageMs, atSteadyMs: clock.nowMs() });
    if (seen.size <= FOLLOWED) return;
    for (const oldest of seen.keys()) return void seen.delete(oldest);
  };

  return {
    ageOf({ key, storedAtWallMs, expiresAtWallMs }, longestMs) {
      const lifeMs = expiresAtWallMs - storedAtWallMs;
      const wallAgeMs = clock.wallMs() - storedAtWallMs;
      // Written so that a number that is none is no life either.
      if (!(lifeMs > 0 && lifeMs <= longestMs && wallAgeMs >= 0)) return undefined;
      const ageMs = Math.max(wallAgeMs, steadyAge(key, storedAtWallMs));
      follow(key, storedAtWallMs, ageMs);
      return ageMs < lifeMs ? ageMs : undefined;
    },
  };
}
