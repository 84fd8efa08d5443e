import { incomparable, NO_NUMBERS, type Comparison } from '../comparison.js';
import { argmax, logSoftmax } from './label-scores.js';

/**
 * Most that two label distributions of one text may differ, as total variation (0 the same, 1 disjoint): on average,
 * and for any one text. int8 and q4 of one model, which round differently, stay within them (docs/self-test.md).
 */
const MOST_MEAN_VARIATION = 0.1;
const MOST_VARIATION = 0.3;
/** Labels nearer than this, in probability, may change places without fault. */
const CLEAR_GAP = 0.1;

/** Logits against logits, as the distributions they stand for. */
export function compareDistributions(answers: readonly Float32Array[], expected: readonly Float32Array[]): Comparison {
  const different = incomparable(answers, expected);
  if (different) return different;
  const pairs = answers.map((logits, i) => [logSoftmax(logits), logSoftmax(expected[i]!)] as const);
  const variations = pairs.map(([is, should]) => totalVariation(is, should));
  const meanVariation = variations.reduce((sum, each) => sum + each, 0) / variations.length;
  const largestVariation = Math.max(...variations);
  const otherLabels = pairs.filter(([is, should]) => gap(should) >= CLEAR_GAP && argmax(is) !== argmax(should)).length;
  const numbers = { meanVariation, largestVariation, otherLabels };
  if (otherLabels > 0) return { fault: `it names another label for ${otherLabels} of ${pairs.length} texts`, numbers };
  if (!(meanVariation <= MOST_MEAN_VARIATION)) return { fault: tooFar('on average', meanVariation), numbers };
  if (!(largestVariation <= MOST_VARIATION)) return { fault: tooFar('for one text', largestVariation), numbers };
  return { fault: undefined, numbers };
}

/** What is wrong with logits whatever the text was. */
export function logitsFault(logits: Float32Array): string | undefined {
  if (logits.length === 0) return 'it gives nothing';
  return logits.every(Number.isFinite) ? undefined : NO_NUMBERS;
}

const tooFar = (where: string, variation: number): string =>
  `its probabilities differ by ${variation.toFixed(3)} ${where}`;

function totalVariation(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(Math.exp(a[i]!) - Math.exp(b[i]!));
  return sum / 2;
}

/** How much likelier the best label is than the next one. */
function gap(logProbs: Float64Array): number {
  const [first = 0, second = -Infinity] = logProbs.toSorted((a, b) => b - a);
  return Math.exp(first) - Math.exp(second);
}
