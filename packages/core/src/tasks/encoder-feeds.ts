/** A tensor as plain data; hosts wrap it in their runtime's own class. */
export type PlainTensor =
  | { readonly type: 'float32'; readonly data: Float32Array; readonly dims: readonly number[] }
  | { readonly type: 'int64'; readonly data: BigInt64Array; readonly dims: readonly number[] };

/**
 * `input_ids` and `attention_mask`, int64 [1, tokens], for one text.
 * @param ids token ids with [CLS] and [SEP]
 */
export function encoderFeeds(ids: readonly number[]): Record<'input_ids' | 'attention_mask', PlainTensor> {
  const dims = [1, ids.length];
  return {
    input_ids: { type: 'int64', data: BigInt64Array.from(ids, BigInt), dims },
    attention_mask: { type: 'int64', data: new BigInt64Array(ids.length).fill(1n), dims },
  };
}

/**
 * Cuts ids to the context, keeping the last special token where it was.
 * @returns at most `contextTokens` ids
 */
export function cutToContext(ids: readonly number[], contextTokens: number): readonly number[] {
  return ids.length <= contextTokens ? ids : [...ids.slice(0, contextTokens - 1), ids.at(-1)!];
}
