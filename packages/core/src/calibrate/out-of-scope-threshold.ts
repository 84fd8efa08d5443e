/** In-scope rows that may be called out of scope when there are no out-of-scope rows to learn from. */
const FALSE_ALARMS = 0.01;

/**
 * The score from which a text is called out of scope: the one that separates best (largest sum of the
 * rates of right calls on both sides, which does not depend on how many of each were collected), or
 * without out-of-scope rows the one that raises a false alarm on one in-scope row in a hundred.
 * @param scores in [0, 1], one a row
 * @see Youden, Index for rating diagnostic tests (1950)
 */
export function outOfScopeThreshold(scores: readonly number[], outOfScope: readonly boolean[]): number {
  const inside = scores.filter((_, i) => !outOfScope[i]).toSorted((a, b) => b - a);
  const outside = scores.filter((_, i) => outOfScope[i]).toSorted((a, b) => b - a);
  if (outside.length === 0) return inside[Math.floor(inside.length * FALSE_ALARMS)] ?? 1;
  let best = { threshold: 1, index: -Infinity };
  let falseAlarms = 0;
  outside.forEach((threshold, caught) => {
    while (falseAlarms < inside.length && inside[falseAlarms]! >= threshold) falseAlarms++;
    const index = (caught + 1) / outside.length - falseAlarms / Math.max(1, inside.length);
    if (index > best.index) best = { threshold, index };
  });
  return best.threshold;
}
