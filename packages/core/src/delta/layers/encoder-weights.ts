import type { Matrix } from '../../ports/mat-mul.js';

/** y = x weight + bias */
export interface Dense {
  /** [inputs, outputs] */
  readonly weight: Matrix;
  /** [outputs] */
  readonly bias: Float32Array;
}

/** Layer normalisation over the hidden values of a token. */
export interface Norm {
  /** [hidden] */
  readonly weight: Float32Array;
  /** [hidden] */
  readonly bias: Float32Array;
  readonly epsilon: number;
}

/** One layer of a BERT encoder, in float. Norms come after the residuals. */
export interface LayerWeights {
  /** [hidden, 3 x hidden]: query, key and value side by side, so that they are one product. */
  readonly queryKeyValue: Dense;
  readonly output: Dense;
  readonly attentionNorm: Norm;
  readonly up: Dense;
  readonly down: Dense;
  readonly outputNorm: Norm;
}

/** What is computed from an encoder's file, without an inference runtime. */
export interface EncoderWeights {
  readonly hidden: number;
  readonly heads: number;
  readonly layerCount: number;
  /** Unpacked anew at each call: in float a layer takes eight times the room it has in the file. */
  layer(index: number): LayerWeights;
  /**
   * Token and position vectors, summed and normalised.
   * @param texts token ids with specials, of the model's own tokenizer, no longer than its context
   * @returns [tokens of all texts, hidden]
   */
  embed(texts: readonly (readonly number[])[]): Matrix;
}
