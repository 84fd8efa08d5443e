/** How much more often one answer was right than the other on the same rows, and its standard error. */
export function pairedGain(
  right: readonly boolean[],
  before: readonly boolean[],
): { readonly mean: number; readonly standardError: number } {
  const differences = right.map((each, row) => Number(each) - Number(before[row]));
  const mean = differences.reduce((sum, each) => sum + each, 0) / differences.length;
  const squares = differences.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return { mean, standardError: Math.sqrt(squares) / differences.length };
}
