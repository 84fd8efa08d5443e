/** A piece of text that must not leave, in UTF-16 code units. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** `email`, `phone`, `card`, `iban` or the name of an operator's pattern. */
  readonly kind: string;
}

/** What finds values of one kind in a folded text (see `foldText`), in time linear in its length. */
export type Finder = (folded: string) => readonly Span[];

/**
 * Joins spans that overlap: whatever any finder found is covered. A joined span has the kind of its longest part; of
 * equals the earliest, then the one whose kind comes first.
 * @param kinds all kinds, the first ones preferred
 * @returns disjoint spans in order
 */
export function mergeSpans(spans: readonly Span[], kinds: readonly string[]): Span[] {
  const rank = new Map(kinds.map((kind, index) => [kind, index]));
  const ordered = spans.toSorted(
    (a, b) => a.start - b.start || b.end - a.end || (rank.get(a.kind) ?? 0) - (rank.get(b.kind) ?? 0),
  );
  const merged: Span[] = [];
  let longest = 0;
  for (const span of ordered) {
    const last = merged.at(-1);
    const length = span.end - span.start;
    if (last === undefined || span.start >= last.end) {
      merged.push(span);
      longest = length;
      continue;
    }
    const kind = length > longest ? span.kind : last.kind;
    longest = Math.max(longest, length);
    merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, span.end), kind };
  }
  return merged;
}
