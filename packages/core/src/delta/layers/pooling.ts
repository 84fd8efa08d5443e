import type { Matrix } from '../../ports/mat-mul.js';
import type { TextStarts } from './attention.js';

export interface Pooled {
  /** [texts, hidden]: the mean of a text's tokens, of unit length */
  readonly embeddings: Matrix;
  /** [texts]: lengths of the means */
  readonly lengths: Float32Array;
}

const SHORTEST = 1e-9;

export function pool({ columns, data }: Matrix, starts: TextStarts): Pooled {
  const rows = starts.length - 1;
  const means = new Float32Array(rows * columns);
  const lengths = new Float32Array(rows);
  for (let text = 0; text < rows; text++) {
    const [from, to, at] = [starts[text]!, starts[text + 1]!, text * columns];
    for (let token = from; token < to; token++)
      for (let i = 0; i < columns; i++) means[at + i] = means[at + i]! + data[token * columns + i]! / (to - from);
    let squares = 0;
    for (let i = 0; i < columns; i++) squares += means[at + i]! ** 2;
    lengths[text] = Math.max(Math.sqrt(squares), SHORTEST);
    for (let i = 0; i < columns; i++) means[at + i] = means[at + i]! / lengths[text]!;
  }
  return { embeddings: { rows, columns, data: means }, lengths };
}

/**
 * @param gradient of the embeddings, [texts, hidden]
 * @returns the gradient of the tokens, [tokens, hidden]: along the embedding there is none, for its length is fixed
 */
export function poolBackward(
  { columns, data: gradient }: Matrix,
  { embeddings, lengths }: Pooled,
  starts: TextStarts,
): Matrix {
  const rows = starts.at(-1)!;
  const data = new Float32Array(rows * columns);
  for (let text = 0; text + 1 < starts.length; text++) {
    const [from, to, at] = [starts[text]!, starts[text + 1]!, text * columns];
    let along = 0;
    for (let i = 0; i < columns; i++) along += gradient[at + i]! * embeddings.data[at + i]!;
    const share = 1 / ((to - from) * lengths[text]!);
    for (let token = from; token < to; token++)
      for (let i = 0; i < columns; i++) {
        data[token * columns + i] = (gradient[at + i]! - along * embeddings.data[at + i]!) * share;
      }
  }
  return { rows, columns, data };
}
