/**
 * Whole numbers that are together as many as there are to share, by weight: what is left of fractions goes to the largest
 * of them.
 * @param weights not negative, one of them positive
 */
export function shareOut(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, each) => all + each, 0);
  const exact = weights.map((weight) => (total * weight) / sum);
  const shares = exact.map(Math.floor);
  const left = total - shares.reduce((all, each) => all + each, 0);
  const byFraction = exact.map((each, at) => ({ at, fraction: each % 1 })).toSorted((a, b) => b.fraction - a.fraction);
  for (const { at } of byFraction.slice(0, left)) shares[at]!++;
  return shares;
}
