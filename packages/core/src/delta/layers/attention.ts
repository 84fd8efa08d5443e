import type { Matrix } from '../../ports/mat-mul.js';

/** Texts one after the other, without padding: text i has the rows from `starts[i]` to `starts[i + 1]`. */
export type TextStarts = readonly number[];

/** Where texts begin among the tokens of all. */
export function startsOf(texts: readonly { readonly length: number }[]): TextStarts {
  const starts = [0];
  for (const { length } of texts) starts.push(starts.at(-1)! + length);
  return starts;
}

export interface Attended {
  /** [tokens, hidden] */
  readonly context: Matrix;
  /** [tokens of a text, tokens of the text] of each head of each text, one after the other */
  readonly shares: Float32Array;
}

/**
 * Scaled dot-product attention within each text. Sentences have a dozen tokens: the products with weights, which the
 * kernels make, take a hundred times as long, and plain loops do.
 * @param projected [tokens, 3 x hidden]: query, key and value side by side
 * @see Vaswani et al., Attention is all you need (2017)
 */
export function attend(projected: Matrix, heads: number, starts: TextStarts): Attended {
  const { rows, columns, data } = projected;
  const hidden = columns / 3;
  const width = hidden / heads;
  const scale = 1 / Math.sqrt(width);
  const context = new Float32Array(rows * hidden);
  const shares = new Float32Array(sharesLength(heads, starts));
  let block = 0;
  eachHead(heads, starts, (from, tokens, head) => {
    for (let i = 0; i < tokens; i++) {
      const query = (from + i) * columns + head * width;
      const row = block + i * tokens;
      let largest = -Infinity;
      for (let j = 0; j < tokens; j++) {
        const key = (from + j) * columns + hidden + head * width;
        let score = 0;
        for (let d = 0; d < width; d++) score += data[query + d]! * data[key + d]!;
        shares[row + j] = score * scale;
        largest = Math.max(largest, score * scale);
      }
      let sum = 0;
      for (let j = 0; j < tokens; j++) sum += shares[row + j] = Math.exp(shares[row + j]! - largest);
      const output = (from + i) * hidden + head * width;
      for (let j = 0; j < tokens; j++) {
        const share = (shares[row + j] = shares[row + j]! / sum);
        const value = (from + j) * columns + 2 * hidden + head * width;
        for (let d = 0; d < width; d++) context[output + d] = context[output + d]! + share * data[value + d]!;
      }
    }
    block += tokens * tokens;
  });
  return { context: { rows, columns: hidden, data: context }, shares };
}

/**
 * @param gradient of the context, [tokens, hidden]
 * @returns the gradient of `projected`, [tokens, 3 x hidden]
 */
export function attendBackward(
  { data: gradient }: Matrix,
  { projected, shares }: { readonly projected: Matrix; readonly shares: Float32Array },
  heads: number,
  starts: TextStarts,
): Matrix {
  const { rows, columns, data } = projected;
  const hidden = columns / 3;
  const width = hidden / heads;
  const scale = 1 / Math.sqrt(width);
  const back = new Float32Array(rows * columns);
  const slopes = new Float32Array(Math.max(...starts.map((start, i) => (starts[i + 1] ?? start) - start)));
  let block = 0;
  eachHead(heads, starts, (from, tokens, head) => {
    for (let i = 0; i < tokens; i++) {
      const row = block + i * tokens;
      const query = (from + i) * columns + head * width;
      const output = (from + i) * hidden + head * width;
      let expected = 0;
      for (let j = 0; j < tokens; j++) {
        const share = shares[row + j]!;
        const value = (from + j) * columns + 2 * hidden + head * width;
        let slope = 0;
        for (let d = 0; d < width; d++) {
          slope += gradient[output + d]! * data[value + d]!;
          back[value + d] = back[value + d]! + share * gradient[output + d]!;
        }
        slopes[j] = slope;
        expected += slope * share;
      }
      for (let j = 0; j < tokens; j++) {
        const slope = shares[row + j]! * (slopes[j]! - expected) * scale;
        const key = (from + j) * columns + hidden + head * width;
        for (let d = 0; d < width; d++) {
          back[query + d] = back[query + d]! + slope * data[key + d]!;
          back[key + d] = back[key + d]! + slope * data[query + d]!;
        }
      }
    }
    block += tokens * tokens;
  });
  return { rows, columns, data: back };
}

function eachHead(
  heads: number,
  starts: TextStarts,
  visit: (from: number, tokens: number, head: number) => void,
): void {
  for (let text = 0; text + 1 < starts.length; text++)
    for (let head = 0; head < heads; head++) visit(starts[text]!, starts[text + 1]! - starts[text]!, head);
}

function sharesLength(heads: number, starts: TextStarts): number {
  let length = 0;
  eachHead(heads, starts, (_, tokens) => (length += tokens * tokens));
  return length;
}
