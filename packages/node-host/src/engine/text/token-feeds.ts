import { tokenFeeds as feedsOf, type TextInputs } from '@terrace/core/generate';
import { Tensor } from 'onnxruntime-node';

/** What a run is fed beside keys and values. */
export const tokenFeeds = (
  inputs: TextInputs,
  run: { readonly ids: Int32Array; readonly columns: number; readonly lengths: readonly number[] },
): Record<string, Tensor> => feedsOf(inputs, run, (values, dims) => new Tensor('int64', values, dims));
