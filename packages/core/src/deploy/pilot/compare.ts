import type { Interval } from '../../evaluate/bootstrap.js';
import type { Measured } from './measure.js';
import type { PilotKpi } from './pilot-plan.js';

/** How a pilot and what it is compared with stand to each other. */
export interface Comparison {
  /** Of value - goal, in the metric's unit: a factor of a baseline is no division by what may be nothing. */
  readonly excess: Interval;
  /** Of the value, or of value / baseline where the goal is a factor; undefined where the baseline may be nothing. */
  readonly shown: Interval | undefined;
}

/**
 * Intervals that miss with probability `delta` at most.
 * @param baseline undefined for absolute goals
 * @returns undefined where one side has seen nothing
 */
export function compare(
  { value, spread }: Measured,
  { goal }: PilotKpi,
  baseline: Measured | undefined,
  delta: number,
): Comparison | undefined {
  if (value === undefined) return undefined;
  if (goal.kind === 'absolute') {
    const interval = intervalOf({ value, spread }, delta);
    return { excess: shifted(interval, -goal.value), shown: interval };
  }
  if (baseline?.value === undefined) return undefined;
  const other = { value: baseline.value, spread: baseline.spread };
  if (spread.kind === 'samples' && other.spread.kind === 'samples') {
    // Two samples that have nothing to do with each other: any draw of one goes with any of the other.
    const pairs = spread.values.map((each, i) => [each, (other.spread as typeof spread).values[i]!] as const);
    const factors = pairs.map(([a, b]) => a / b);
    return {
      excess: percentiles(
        pairs.map(([a, b]) => a - goal.value * b),
        delta,
      ),
      shown: factors.every(Number.isFinite) ? percentiles(factors, delta) : undefined,
    };
  }
  // Each side may miss with half of the probability.
  const isExact = other.spread.kind === 'exact';
  const own = intervalOf({ value, spread }, isExact ? delta : delta / 2);
  const its = intervalOf(other, delta / 2);
  return {
    excess: [own[0] - goal.value * its[1], own[1] - goal.value * its[0]],
    shown: its[0] > 0 ? [own[0] / its[1], own[1] / its[0]] : undefined,
  };
}

function intervalOf({ value, spread }: Pick<Measured, 'spread'> & { readonly value: number }, delta: number): Interval {
  switch (spread.kind) {
    case 'share':
      return spread.interval(delta);
    case 'samples':
      return percentiles(spread.values, delta);
    case 'exact':
      return [value, value];
    default:
      return spread satisfies never;
  }
}

function percentiles(values: readonly number[], delta: number): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  const outside = Math.floor((delta / 2) * sorted.length);
  return [sorted[outside]!, sorted[sorted.length - 1 - outside]!];
}

const shifted = ([low, high]: Interval, by: number): Interval => [low + by, high + by];
