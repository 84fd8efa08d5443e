/**
 * Probability that a right answer is surer than a wrong one, ties counted half.
 * @returns NaN where only one of both is there
 */
export function auroc(rows: readonly { readonly confidence: number; readonly right: boolean }[]): number {
  const sorted = rows.toSorted((a, b) => a.confidence - b.confidence);
  let rightRanks = 0;
  for (let from = 0; from < sorted.length;) {
    let to = from;
    while (to < sorted.length && sorted[to]!.confidence === sorted[from]!.confidence) to++;
    // Equal ones share the mean of their ranks, counted from 1.
    const rank = (from + 1 + to) / 2;
    for (let i = from; i < to; i++) if (sorted[i]!.right) rightRanks += rank;
    from = to;
  }
  const right = rows.filter((row) => row.right).length;
  const wrong = rows.length - right;
  return right === 0 || wrong === 0 ? NaN : (rightRanks - (right * (right + 1)) / 2) / (right * wrong);
}
