/** Tokens that hardly ever come say little, and kernels differ most there. */
const LEAST_PROBABILITY = 0.01;
/** Kernels round differently: one accuracy level against another was half of this apart. */
const TOLERANCE = 1;

/** The likeliest tokens after a text, best first: ids with the natural log of their probability. */
export type GoldenTop = readonly (readonly [id: number, logProb: number])[];

/**
 * Compares what a model expects after some texts with what its publisher says, as distributions: near-ties flip between
 * kernels, and a wrong kernel may still write the right text for a while.
 * @param logits of the last position, one f32 [vocabulary] a text
 * @returns what is wrong, in words; undefined when nothing is
 */
export function compareGoldenText(golden: readonly GoldenTop[], logits: readonly Float32Array[]): string | undefined {
  for (const [text, top] of golden.entries()) {
    const found = logProbsOf(logits[text]!);
    if (found === undefined) return `text ${text + 1} has logits that are no numbers`;
    const off = top
      .filter(([, logProb]) => logProb > Math.log(LEAST_PROBABILITY))
      .find(([id, logProb]) => !(Math.abs((found[id] ?? -Infinity) - logProb) <= TOLERANCE));
    if (off) {
      const [id, logProb] = off;
      return `after text ${text + 1} token ${id} has a log-probability of ${(found[id] ?? -Infinity).toFixed(2)} instead of ${logProb.toFixed(2)}`;
    }
    const [first, second] = top;
    const isClear = first && second && first[1] - second[1] > TOLERANCE;
    if (isClear && argmax(found) !== first[0]) {
      return `after text ${text + 1} token ${argmax(found)} is likelier than ${first[0]}`;
    }
  }
  return undefined;
}

/** What can be said without golden data: numbers, and not the same after every text. */
export function soundLogits(logits: readonly Float32Array[]): string | undefined {
  if (logits.some((each) => logProbsOf(each) === undefined)) return 'its logits are no numbers';
  const likeliest = new Set(logits.map(argmax));
  return logits.length > 1 && likeliest.size === 1 ? 'it goes on alike after unlike texts' : undefined;
}

function logProbsOf(logits: Float32Array): Float32Array | undefined {
  let max = -Infinity;
  for (const logit of logits) max = Math.max(max, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  const total = max + Math.log(sum);
  return Number.isFinite(total) ? logits.map((logit) => logit - total) : undefined;
}

function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[best]!) best = i;
  return best;
}
