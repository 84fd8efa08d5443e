/** Calls remembered: enough for a tail, few enough to follow a network that changes. */
const REMEMBERED = 128;
/** Quantiles are sorted anew after so many calls. */
const REFRESH_EVERY = 16;
/** With fewer, a tail is a guess. */
const ENOUGH = 20;

/** How long the latest successful calls took. */
export interface Latencies {
  add(durationMs: number): void;
  /** Nearest rank; undefined while too few calls were seen. @param share in (0, 1) */
  quantileMs(share: number): number | undefined;
}

export function createLatencies(): Latencies {
  const ring: number[] = [];
  let sorted: number[] = [];
  let added = 0;
  return {
    add(durationMs) {
      ring[added % REMEMBERED] = durationMs;
      added++;
      if (added === ENOUGH || added % REFRESH_EVERY === 0) sorted = ring.toSorted((a, b) => a - b);
    },
    quantileMs: (share) => (added < ENOUGH ? undefined : sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]),
  };
}
