import { Tensor } from 'onnxruntime-node';
import type { TextInputs } from './text-inputs.js';

const LAST_ONLY = new Tensor('int64', new BigInt64Array([1n]), []);

/**
 * What a run is fed beside keys and values. Each row of the mask has as many ones as the row has tokens, the new ones
 * included, wherever in the caches they lie.
 * @param ids row by row, `columns` each
 */
export function tokenFeeds(
  inputs: TextInputs,
  { ids, columns, lengths }: { ids: Int32Array; columns: number; lengths: readonly number[] },
): Record<string, Tensor> {
  const rows = lengths.length;
  const feeds: Record<string, Tensor> = { input_ids: int64(ids, [rows, columns]) };
  if (inputs.hasMask) {
    const width = Math.max(...lengths) + columns;
    const mask = new BigInt64Array(rows * width);
    lengths.forEach((tokens, row) => mask.fill(1n, row * width, row * width + tokens + columns));
    feeds['attention_mask'] = new Tensor('int64', mask, [rows, width]);
  }
  if (inputs.hasPositions) {
    const positions = Int32Array.from(ids, (_, at) => lengths[Math.trunc(at / columns)]! + (at % columns));
    feeds['position_ids'] = int64(positions, [rows, columns]);
  }
  if (inputs.hasLogitsToKeep) feeds['num_logits_to_keep'] = LAST_ONLY;
  return feeds;
}

const int64 = (values: Int32Array, dims: number[]): Tensor =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), dims);
