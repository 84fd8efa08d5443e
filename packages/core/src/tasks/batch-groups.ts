/** Padding is work that nobody asked for: at most this many tokens are computed for each real one. */
const MAX_PADDING = 1.2;

/**
 * Rows that may share one run because they are of similar length. Every index is in exactly one group. Pure.
 * @param lengths tokens of each row
 */
export function groupByLength(lengths: readonly number[]): number[][] {
  const order = lengths.map((_, index) => index).toSorted((a, b) => lengths[a]! - lengths[b]!);
  const groups: number[][] = [];
  let group: number[] = [];
  let tokens = 0;
  for (const index of order) {
    const padded = (group.length + 1) * lengths[index]!;
    if (group.length > 0 && padded > MAX_PADDING * (tokens + lengths[index]!)) {
      groups.push(group);
      group = [];
      tokens = 0;
    }
    group.push(index);
    tokens += lengths[index]!;
  }
  return group.length > 0 ? [...groups, group] : groups;
}
