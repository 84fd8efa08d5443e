/** log(softmax(logits)). */
export function logSoftmax(logits: ArrayLike<number>): Float64Array {
  const result = new Float64Array(logits.length);
  for (let i = 0; i < logits.length; i++) result[i] = logits[i]!;
  return normalise(result);
}

/**
 * One distribution from those of several tiers over the same labels: log p = sum of weight * log p_tier,
 * normalised. A single tier with weight w is temperature scaling with T = 1 / w.
 * @param logProbs one array a tier, equally long
 * @param weights one a tier, not negative
 */
export function fuseLogProbs(logProbs: readonly Float64Array[], weights: readonly number[]): Float64Array {
  const result = new Float64Array(logProbs[0]?.length ?? 0);
  logProbs.forEach((each, tier) => {
    const weight = weights[tier] ?? 0;
    for (let i = 0; i < result.length; i++) result[i]! += weight * each[i]!;
  });
  return normalise(result);
}

/** Index of the largest value; the first of equals. */
export function argmax(values: Float32Array | Float64Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}

/** Scores over one label order, in another order of the same labels; undefined when the label sets differ. */
export function reorder(
  logProbs: Float64Array,
  from: readonly string[],
  to: readonly string[],
): Float64Array | undefined {
  if (from === to || (from.length === to.length && from.every((label, i) => label === to[i]))) return logProbs;
  if (from.length !== to.length) return undefined;
  const index = new Map(from.map((label, i) => [label, i]));
  const order = to.map((label) => index.get(label));
  if (order.includes(undefined)) return undefined;
  return Float64Array.from(order, (i) => logProbs[i!]!);
}

/** Shifts log values in place so that their probabilities sum to 1. */
function normalise(values: Float64Array): Float64Array {
  let max = -Infinity;
  for (const value of values) if (value > max) max = value;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - max);
  const shift = max + Math.log(sum);
  for (let i = 0; i < values.length; i++) values[i]! -= shift;
  return values;
}
