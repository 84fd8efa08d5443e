import type { Matrix } from '../../ports/mat-mul.js';
import { addScaled, dot } from './vectors.js';

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
 * kernels make, are a hundred times as large, and plain loops do.
 * @param projected [tokens, 3 x hidden]: query, key and value side by side; heads are of a multiple of 4 values
 * @see Vaswani et al., Attention is all you need (2017)
 */
export function attend(projected: Matrix, heads: number, starts: TextStarts): Attended {
  const { rows, columns } = projected;
  const hidden = columns / 3;
  const context = new Float32Array(rows * hidden);
  const parts = partsOf(starts, heads, columns);
  const last = parts.at(-1);
  const shares = new Float32Array(last ? last.shares + last.tokens ** 2 : 0);
  for (const part of parts) attendPart(projected.data, context, shares, part);
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
  const back = new Float32Array(rows * columns);
  for (const part of partsOf(starts, heads, columns)) attendPartBackward(gradient, data, shares, back, part);
  return { rows, columns, data: back };
}

/** One head of one text. */
interface Part {
  readonly tokens: number;
  /** Values a head has of each token. */
  readonly width: number;
  /** Values a token has: of query, key and value together, and of each. */
  readonly columns: number;
  readonly hidden: number;
  /** Where the first token's query starts, its place in the context, and the first of the shares. */
  readonly query: number;
  readonly context: number;
  readonly shares: number;
}

function partsOf(starts: TextStarts, heads: number, columns: number): Part[] {
  const hidden = columns / 3;
  const width = hidden / heads;
  const parts: Part[] = [];
  let shares = 0;
  for (let text = 0; text + 1 < starts.length; text++) {
    const [from, tokens] = [starts[text]!, starts[text + 1]! - starts[text]!];
    for (let head = 0; head < heads; head++) {
      const [query, context] = [from * columns + head * width, from * hidden + head * width];
      parts.push({ tokens, width, columns, hidden, query, context, shares });
      shares += tokens * tokens;
    }
  }
  return parts;
}

function attendPart(data: Float32Array, context: Float32Array, shares: Float32Array, part: Part): void {
  const { tokens, width, columns, hidden } = part;
  const scale = 1 / Math.sqrt(width);
  const [firstKey, firstValue] = [part.query + hidden, part.query + 2 * hidden];
  for (let i = 0; i < tokens; i++) {
    const row = part.shares + i * tokens;
    let largest = -Infinity;
    for (let j = 0; j < tokens; j++) {
      const score = scale * dot(data, part.query + i * columns, data, firstKey + j * columns, width);
      shares[row + j] = score;
      if (score > largest) largest = score;
    }
    let sum = 0;
    for (let j = 0; j < tokens; j++) {
      const power = Math.exp(shares[row + j]! - largest);
      shares[row + j] = power;
      sum += power;
    }
    for (let j = 0; j < tokens; j++) {
      const share = shares[row + j]! / sum;
      shares[row + j] = share;
      addScaled(context, part.context + i * hidden, share, data, firstValue + j * columns, width);
    }
  }
}

function attendPartBackward(
  gradient: Float32Array,
  data: Float32Array,
  shares: Float32Array,
  back: Float32Array,
  part: Part,
): void {
  const { tokens, width, columns, hidden } = part;
  const scale = 1 / Math.sqrt(width);
  const [firstKey, firstValue] = [part.query + hidden, part.query + 2 * hidden];
  const slopes = new Float64Array(tokens);
  for (let i = 0; i < tokens; i++) {
    const row = part.shares + i * tokens;
    const query = part.query + i * columns;
    const output = part.context + i * hidden;
    let expected = 0;
    for (let j = 0; j < tokens; j++) {
      const share = shares[row + j]!;
      const value = firstValue + j * columns;
      const slope = dot(gradient, output, data, value, width);
      addScaled(back, value, share, gradient, output, width);
      slopes[j] = slope;
      expected += slope * share;
    }
    for (let j = 0; j < tokens; j++) {
      const slope = shares[row + j]! * (slopes[j]! - expected) * scale;
      const key = firstKey + j * columns;
      addScaled(back, query, slope, data, key, width);
      addScaled(back, key, slope, data, query, width);
    }
  }
}
