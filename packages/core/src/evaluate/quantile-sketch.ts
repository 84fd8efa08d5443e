/** Largest relative error of a quantile. */
const ERROR = 0.005;
const GROWTH = (1 + ERROR) / (1 - ERROR);
const LOG_GROWTH = Math.log(GROWTH);

/** Quantiles of values that do not fit in memory, such as the latencies of a million requests. */
export interface QuantileSketch {
  /** @param value finite; what is below 0 counts as 0 */
  add(value: number): void;
  /** Within 0.5 % of the nearest rank; undefined of nothing. @param share in [0, 1] */
  quantile(share: number): number | undefined;
  readonly count: number;
}

/**
 * Counts values in buckets that grow by 1 %, so that its size depends on how far apart the values are and not on how
 * many there are.
 * @see Masson et al., DDSketch (2019)
 */
export function createQuantileSketch(): QuantileSketch {
  const buckets = new Map<number, number>();
  let count = 0;
  let smallest = Infinity;
  let largest = -Infinity;

  return {
    add(value) {
      const bucket = value > 0 ? Math.ceil(Math.log(value) / LOG_GROWTH) : -Infinity;
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
      count++;
      smallest = Math.min(smallest, Math.max(0, value));
      largest = Math.max(largest, Math.max(0, value));
    },
    quantile(share) {
      if (count === 0) return undefined;
      const rank = Math.max(1, Math.ceil(share * count));
      if (rank === 1) return smallest;
      if (rank === count) return largest;
      let passed = 0;
      for (const [bucket, held] of [...buckets].toSorted(([a], [b]) => a - b)) {
        passed += held;
        // The middle of the bucket, in the sense that both of its ends are equally far in relation to it.
        if (passed >= rank) return clamp((2 * Math.exp(bucket * LOG_GROWTH)) / (GROWTH + 1), smallest, largest);
      }
      return largest;
    },
    get count() {
      return count;
    },
  };
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
