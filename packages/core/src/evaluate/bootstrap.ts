import type { Random } from '../ports/random.js';

/** A 95 % interval. */
export type Interval = readonly [low: number, high: number];

const DRAWS = 400;

/**
 * Percentile bootstrap over rows.
 * @param rows not empty
 * @see Efron, Bootstrap methods (1979)
 */
export function bootstrapInterval<T>(
  rows: readonly T[],
  statistic: (rows: readonly T[]) => number,
  random: Random,
): Interval {
  const values = Array.from({ length: DRAWS }, () =>
    statistic(Array.from(rows, () => rows[Math.floor(random() * rows.length)]!)),
  )
    .filter((value) => !Number.isNaN(value))
    .toSorted((a, b) => a - b);
  const at = (share: number): number => values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? NaN;
  return [at(0.025), at(0.975)];
}
