/** What rows side by side take: each is padded to the longest. */
export interface Demand {
  readonly rows: number;
  /** That the longest one may come to have. */
  readonly tokens: number;
}

/** Keys and values that kept prefixes may take, as a part of all. */
export const PREFIX_SHARE = 1 / 3;

/** @param tokens that one more row may come to have */
export const withRow = (demand: Demand, tokens: number): Demand => ({
  rows: demand.rows + 1,
  tokens: Math.max(demand.tokens, tokens),
});

/**
 * Whether one more row has its place for as long as it may get. Whoever is alone always has: kept prefixes go for it.
 * @param kvTokens positions that the memory for keys and values has room for
 */
export function hasRoom(demand: Demand, tokens: number, kvTokens: number): boolean {
  const { rows, tokens: longest } = withRow(demand, tokens);
  return rows === 1 || rows * longest <= kvTokens * (1 - PREFIX_SHARE);
}
