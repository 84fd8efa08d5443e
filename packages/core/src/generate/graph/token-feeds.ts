import type { TextInputs } from './text-inputs.js';

/**
 * What a run is fed beside keys and values. Each row of the mask has as many ones as the row has tokens, the new ones
 * included, wherever in the caches they lie.
 * @param ids row by row, `columns` each
 * @param int64 a tensor of the host's runtime
 */
export function tokenFeeds<Tensor>(
  inputs: Pick<TextInputs, 'hasMask' | 'hasPositions' | 'hasLogitsToKeep'>,
  { ids, columns, lengths }: { ids: Int32Array; columns: number; lengths: readonly number[] },
  int64: (values: BigInt64Array<ArrayBuffer>, dims: readonly number[]) => Tensor,
): Record<string, Tensor> {
  const rows = lengths.length;
  const feeds: Record<string, Tensor> = { input_ids: int64(BigInt64Array.from(ids, BigInt), [rows, columns]) };
  if (inputs.hasMask) {
    const width = Math.max(...lengths) + columns;
    const mask = new BigInt64Array(rows * width);
    lengths.forEach((tokens, row) => mask.fill(1n, row * width, row * width + tokens + columns));
    feeds['attention_mask'] = int64(mask, [rows, width]);
  }
  if (inputs.hasPositions) {
    const positions = BigInt64Array.from(ids, (_, at) => BigInt(lengths[Math.trunc(at / columns)]! + (at % columns)));
    feeds['position_ids'] = int64(positions, [rows, columns]);
  }
  if (inputs.hasLogitsToKeep) feeds['num_logits_to_keep'] = int64(BigInt64Array.of(1n), []);
  return feeds;
}
