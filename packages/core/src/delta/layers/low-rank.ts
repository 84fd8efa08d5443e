import type { MatMul, Matrix } from '../../ports/mat-mul.js';
import type { Random } from '../../ports/random.js';

/** What is added to a product with weights: y += (x a^T) b^T. */
export interface LowRank {
  /** [rank, inputs] */
  readonly a: Matrix;
  /** [outputs, rank] */
  readonly b: Matrix;
}

/** Part of the inputs is left out, at random, while factors are trained. */
export interface Dropout {
  /** In [0, 1). */
  readonly share: number;
  readonly random: Random;
}

export interface LowRankTape {
  /** What the factors saw: inputs after dropout. */
  readonly seen: Matrix;
  /** [rows, inputs] of 0 or 1; undefined where nothing was left out. */
  readonly kept: Uint8Array | undefined;
  readonly keptShare: number;
  /** [rows, rank] */
  readonly narrow: Matrix;
}

/** Adds the product of the factors to `output`, in place. */
export async function addLowRank(
  output: Matrix,
  input: Matrix,
  { a, b }: LowRank,
  { matMul, dropout }: { readonly matMul: MatMul; readonly dropout?: Dropout | undefined },
): Promise<LowRankTape> {
  const dropped = dropout ? dropSome(input, dropout) : { seen: input, kept: undefined, keptShare: 1 };
  const narrow = await matMul.multiply(dropped.seen, a, 'second');
  addTo(output, await matMul.multiply(narrow, b, 'second'));
  return { ...dropped, narrow };
}

/**
 * @param gradient of the output, [rows, outputs]
 * @param inputGradient [rows, inputs]: the factors' part is added, in place; not computed where it is absent
 * @returns gradients of both factors
 */
export async function lowRankBackward(
  gradient: Matrix,
  { a, b }: LowRank,
  { seen, kept, keptShare, narrow }: LowRankTape,
  { matMul, inputGradient }: { readonly matMul: MatMul; readonly inputGradient: Matrix | undefined },
): Promise<LowRank> {
  const narrowGradient = await matMul.multiply(gradient, b);
  const factors = {
    a: await matMul.multiply(narrowGradient, seen, 'first'),
    b: await matMul.multiply(gradient, narrow, 'first'),
  };
  if (inputGradient) {
    const part = await matMul.multiply(narrowGradient, a);
    if (kept) for (let i = 0; i < kept.length; i++) part.data[i] = (part.data[i]! * kept[i]!) / keptShare;
    addTo(inputGradient, part);
  }
  return factors;
}

/** Adds in place. */
export function addTo({ data }: Matrix, { data: more }: Matrix): void {
  for (let i = 0; i < data.length; i++) data[i] = data[i]! + more[i]!;
}

function dropSome(
  { rows, columns, data }: Matrix,
  { share, random }: Dropout,
): Pick<LowRankTape, 'seen' | 'kept' | 'keptShare'> {
  const keptShare = 1 - share;
  const seen = new Float32Array(data.length);
  const kept = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i++) {
    if (random() < share) continue;
    kept[i] = 1;
    seen[i] = data[i]! / keptShare;
  }
  return { seen: { rows, columns, data: seen }, kept, keptShare };
}
