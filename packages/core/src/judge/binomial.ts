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
