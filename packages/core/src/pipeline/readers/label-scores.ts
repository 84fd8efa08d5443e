import type { TierAnswer } from '../../tasks/answer.js';
import { logSoftmax } from '../../tasks/text-classification/label-scores.js';
import { isObject, unusable, type Unusable } from './pipeline-reader.js';

/** A score of 0 is what rounding left of a small one. */
const LEAST_SCORE = 1e-12;
/** Softmax in 32 bits over thousands of labels sums to 1 within this. */
const SUM_TOLERANCE = 1e-2;

/** A list of `{ label, score }` as the distribution it is. Labels are put in order, as pipelines sort them by their score. */
export function readLabelScores(output: unknown): TierAnswer | Unusable {
  if (!Array.isArray(output) || output.length === 0) return unusable('it is no list of labels with scores');
  const scores = new Map<string, number>();
  for (const each of output as readonly unknown[]) {
    if (!isObject(each) || typeof each['label'] !== 'string') return unusable('it is no list of labels with scores');
    if (scores.has(each['label'])) return unusable(`the label "${each['label']}" is in it twice`);
    scores.set(each['label'], Number(each['score']));
  }
  return readScores(scores);
}

export function readScores(scores: ReadonlyMap<string, number>): TierAnswer | Unusable {
  const labels = [...scores.keys()].toSorted();
  const values = labels.map((label) => scores.get(label)!);
  if (!values.every((score) => score >= 0 && score <= 1 + SUM_TOLERANCE))
    return unusable('its scores are no probabilities');
  const sum = values.reduce((all, score) => all + score, 0);
  if (Math.abs(sum - 1) > SUM_TOLERANCE)
    return unusable(`its scores sum to ${sum.toFixed(2)}: labels that do not exclude each other are no distribution`);
  return {
    kind: 'scores',
    labels,
    logProbs: logSoftmax(values.map((score) => Math.log(Math.max(LEAST_SCORE, score)))),
  };
}
