/** Rows of one group that are remembered. */
export const MAX_COMPARED_ROWS = 50_000;
const TRIM_EVERY = 256;

/**
 * Whether a store looks for rows beyond the most: once for so many, as looking takes longer than adding one.
 * @param lastSeq of what was added, which counts up by one a row
 */
export const isTrimDue = (lastSeq: number, added: number): boolean => lastSeq % TRIM_EVERY < added;
