import type { Clock } from '../ports/clock.js';

export interface FakeClock extends Clock {
  /** Moves time on and wakes every sleeper whose time has come, earliest first. */
  advance(ms: number): void;
  /** How many are asleep. */
  sleepers(): number;
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Time that passes only when it is told to. */
export function createFakeClock({ startMs = 0, wallMs = 1_700_000_000_000 } = {}): FakeClock {
  let nowMs = startMs;
  const asleep = new Set<Sleeper>();
  return {
    nowMs: () => nowMs,
    wallMs: () => wallMs + nowMs - startMs,
    sleep(delayMs, signal) {
      if (signal?.aborted || delayMs <= 0) return Promise.resolve();
      return new Promise((resolve) => {
        const sleeper: Sleeper = {
          atMs: nowMs + delayMs,
          wake() {
            asleep.delete(sleeper);
            signal?.removeEventListener('abort', sleeper.wake);
            resolve();
          },
        };
        asleep.add(sleeper);
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      });
    },
    advance(ms) {
      nowMs += ms;
      const due = [...asleep].filter(({ atMs }) => atMs <= nowMs).toSorted((a, b) => a.atMs - b.atMs);
      for (const { wake } of due) wake();
    },
    sleepers: () => asleep.size,
  };
}
