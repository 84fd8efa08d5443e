import type { TextShape } from '../../catalog/text-shape.js';

/** What keys and values of so many sequences take at most: two numbers a layer, head and value of a head, a token. */
export const kvBytesOf = (
  { kvHeads, headDim, kvBytesPerElement }: TextShape,
  layers: number,
  contextTokens: number,
  rows: number,
): number => 2 * layers * kvHeads * headDim * kvBytesPerElement * contextTokens * rows;
