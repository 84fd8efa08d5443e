/** A tensor as plain data; hosts wrap it in their runtime's own class. */
export type PlainTensor =
  | { readonly type: 'float32'; readonly data: Float32Array; readonly dims: readonly number[] }
  | { readonly type: 'int64'; readonly data: BigInt64Array; readonly dims: readonly number[] };

/**
 * `input_ids` and `attention_mask`, int64 [texts, tokens of the longest]; shorter rows end in zeros that the mask
 * leaves out.
 * @param rows token ids of each text, with [CLS] and [SEP]
 */
export function encoderFeeds(
  rows: readonly (readonly number[])[],
): Record<'input_ids' | 'attention_mask', PlainTensor> {
  const width = Math.max(...rows.map(({ length }) => length));
  const dims = [rows.length, width];
  const ids = new BigInt64Array(rows.length * width);
  const mask = new BigInt64Array(rows.length * width);
  for (const [row, tokens] of rows.entries()) {
    for (let i = 0; i < tokens.length; i++) ids[row * width + i] = BigInt(tokens[i]!);
    mask.fill(1n, row * width, row * width + tokens.length);
  }
  return {
    input_ids: { type: 'int64', data: ids, dims },
    attention_mask: { type: 'int64', data: mask, dims },
  };
}

/**
 * Cuts ids to the context, keeping the last special token where it was.
 * @returns at most `contextTokens` ids
 */
export function cutToContext(ids: readonly number[], contextTokens: number): readonly number[] {
  return ids.length <= contextTokens ? ids : [...ids.slice(0, contextTokens - 1), ids.at(-1)!];
}
