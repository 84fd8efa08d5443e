/**
 * Gives what rounding is off by to the last share, so that adding them in their order gives exactly 1. (The last one becomes
 * 1 - s of the sum s before it, and s + (1 - s) rounds to 1 for every s in [0, 1].)
 */
export function sumToOne(shares: Float64Array): void {
  for (let last = shares.length - 1; last >= 0; last--) {
    if (shares[last]! <= 0) continue;
    let sum = 0;
    for (let arm = 0; arm < last; arm++) sum += shares[arm]!;
    // A last share of less than a rounding may be nothing at all.
    shares[last] = Math.max(0, 1 - sum);
    if (shares[last]! > 0) return;
  }
}
