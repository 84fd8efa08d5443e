import type { TierAnswer } from '../tasks/answer.js';
import { logSoftmax, reorder } from '../tasks/text-classification/label-scores.js';
import { inventedLabel, wrongAnswer } from './exchange-failure.js';

/** Longest vector that is an embedding. */
const MAX_DIMENSIONS = 65_536;
/** A probability that was rounded to 0: its logarithm would make every sum with it worthless. */
const LEAST_PROBABILITY = 1e-30;

/**
 * An embedding of unit length.
 * @throws RemoteAnswerError for what has no direction: no values, too many, not numbers, or all of them 0
 */
export function embeddingAnswer(endpointId: string, values: ArrayLike<unknown>): TierAnswer {
  if (values.length === 0 || values.length > MAX_DIMENSIONS)
    throw wrongAnswer(endpointId, `an embedding has 1 to ${MAX_DIMENSIONS} values`);
  const vector = finiteNumbers(endpointId, values);
  // Divided by the largest value first: squares of large ones overflow.
  const largest = vector.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  if (largest === 0) throw wrongAnswer(endpointId, 'its embedding is all zeros');
  const length = Math.sqrt(vector.reduce((sum, value) => sum + (value / largest) ** 2, 0));
  return { kind: 'embedding', vector: Float32Array.from(vector, (value) => value / largest / length) };
}

/**
 * Scores over the labels that were asked for: logits, log-probabilities or probabilities.
 * @param own the labels in the order of the scores, where it is not the order of those asked for
 * @throws RemoteAnswerError when a score is missing, one too many or not a number
 */
export function scoresAnswer(
  endpointId: string,
  values: ArrayLike<unknown>,
  labels: readonly string[],
  own: readonly string[] = labels,
): TierAnswer {
  if (values.length !== own.length)
    throw wrongAnswer(endpointId, `it has ${values.length} scores for ${own.length} labels`);
  const scores = finiteNumbers(endpointId, values);
  const logProbs = reorder(logSoftmax(areProbabilities(scores) ? scores.map(logOf) : scores), own, labels);
  if (!logProbs) throw wrongAnswer(endpointId, 'its labels are not those of the domain');
  return { kind: 'scores', labels, logProbs };
}

/**
 * A label alone, as it is spelt in the list.
 * @param confidence out of [0, 1] counts as unknown
 * @throws RemoteAnswerError when it is not in the list
 */
export function labelAnswer(
  endpointId: string,
  said: string,
  labels: readonly string[],
  confidence: number | undefined,
): TierAnswer {
  const label = matchLabel(said, labels);
  if (label === undefined) throw inventedLabel(endpointId);
  const isKnown = confidence !== undefined && confidence >= 0 && confidence <= 1;
  return { kind: 'label', labels, label, confidence: isKnown ? confidence : undefined };
}

/** The label that is meant: as written, or the only one that differs in nothing but capitals. */
export function matchLabel(said: string, labels: readonly string[]): string | undefined {
  if (labels.includes(said)) return said;
  const trimmed = said.trim();
  if (labels.includes(trimmed)) return trimmed;
  const folded = trimmed.toLowerCase();
  const alike = labels.filter((label) => label.toLowerCase() === folded);
  return alike.length === 1 ? alike[0] : undefined;
}

function finiteNumbers(endpointId: string, values: ArrayLike<unknown>): Float64Array {
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongAnswer(endpointId, 'a value is not a number');
    numbers[i] = value;
  }
  return numbers;
}

const logOf = (probability: number): number => Math.log(Math.max(probability, LEAST_PROBABILITY));

/** Logits and log-probabilities of more than one label do not lie in [0, 1] and sum to 1. */
function areProbabilities(scores: Float64Array): boolean {
  let sum = 0;
  for (const score of scores) {
    if (score < 0 || score > 1) return false;
    sum += score;
  }
  return Math.abs(sum - 1) < 1e-3;
}

/** Tokens of a text whose server does not count them. */
export const estimatedTokens = (text: string): number => Math.ceil(text.length / 4);
