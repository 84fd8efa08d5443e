import type { Interval } from './bootstrap.js';

/**
 * P(X <= k) for X ~ Binomial(n, p), summed in the log domain: exact to about 1e-12 for the n of a
 * calibration set.
 */
export function binomialCdf(k: number, n: number, p: number): number {
  if (k < 0) return 0;
  if (k >= n) return 1;
  if (p <= 0) return 1;
  if (p >= 1) return 0;
  const odds = Math.log(p) - Math.log1p(-p);
  let term = n * Math.log1p(-p);
  let sum = Math.exp(term);
  for (let i = 1; i <= k; i++) {
    term += Math.log((n - i + 1) / i) + odds;
    sum += Math.exp(term);
  }
  return Math.min(1, sum);
}

/**
 * Clopper-Pearson upper bound on a rate after `wrong` errors in `n` trials: the rate at which so few
 * errors would be seen with probability `delta` only.
 * @returns a rate in (0, 1]; 1 when there are no trials
 * @see Clopper and Pearson, The use of confidence or fiducial limits (1934)
 */
export function upperBound(wrong: number, n: number, delta: number): number {
  if (n === 0 || wrong >= n) return 1;
  let low = wrong / n;
  let high = 1;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (binomialCdf(wrong, n, middle) > delta) low = middle;
    else high = middle;
  }
  return high;
}

/**
 * Clopper-Pearson lower bound on a rate after `wrong` errors in `n` trials: the rate at which so many errors would be
 * seen with probability `delta` only.
 * @returns a rate in [0, 1); 0 when there are no trials
 */
export function lowerBound(wrong: number, n: number, delta: number): number {
  if (n === 0 || wrong <= 0) return 0;
  let low = 0;
  let high = wrong / n;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (1 - binomialCdf(wrong - 1, n, middle) > delta) high = middle;
    else low = middle;
  }
  return low;
}

/** A share of `n` trials, with the exact two-sided 95 % interval of its rate. */
export interface Proportion {
  readonly n: number;
  readonly count: number;
  /** Undefined without trials. */
  readonly share: number | undefined;
  readonly interval: Interval;
}

/** Clopper-Pearson: [0, 1] without trials. It covers the rate at least 95 times in 100, whatever the rate is. */
export function proportion(count: number, n: number): Proportion {
  const rarer = Math.min(count, n - count);
  const low = lowerBound(rarer, n, 0.025);
  const high = upperBound(rarer, n, 0.025);
  // The bounds are summed from the rarer side, which is the shorter sum.
  const interval: Interval = rarer === count ? [low, high] : [1 - high, 1 - low];
  return { n, count, share: n === 0 ? undefined : count / n, interval };
}
