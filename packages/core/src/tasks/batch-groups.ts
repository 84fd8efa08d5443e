/** Padding is work that nobody asked for: at most this many tokens are computed for each real one. */
export const MAX_PADDING = 1.2;

/**
 * Rows that may share one run because they are of similar length. Every index is in exactly one group. Pure.
 * @param rows of so many tokens each
 * @param maxPadding tokens that may be computed for each real one; with 0 every row is a group
 */
export function groupByLength(rows: readonly { readonly length: number }[], maxPadding: number): number[][] {
  const order = rows.map((_, index) => index).toSorted((a, b) => rows[a]!.length - rows[b]!.length);
  const groups: number[][] = [];
  let group: number[] = [];
  let tokens = 0;
  for (const index of order) {
    const { length } = rows[index]!;
    if (group.length > 0 && (group.length + 1) * length > maxPadding * (tokens + length)) {
      groups.push(group);
      group = [];
      tokens = 0;
    }
    group.push(index);
    tokens += length;
  }
  return group.length > 0 ? [...groups, group] : groups;
}
