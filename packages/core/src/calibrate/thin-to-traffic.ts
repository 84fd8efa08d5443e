import type { Random } from '../ports/random.js';
import { trafficWeights, type LabelTraffic } from './traffic-weights.js';

/** At least this share of the rows, and so many of them, stay: a label that few rows have cannot cost nearly all. */
const LEAST_SHARE = 1 / 4;
const LEAST_ROWS = 200;
/** Of halving, until nothing is left between. */
const STEPS = 50;

export interface ThinnedRows {
  /** Indices of the rows that stay, in order. */
  readonly rows: readonly number[];
  /** Requests whose labels were counted. */
  readonly requests: number;
  /** How much of the traffic the rows stand for: 1 less the distance in total variation of their labels' shares from it. */
  readonly overlap: number;
}

/**
 * Leaves out rows by chance until labels are among them as often as they are asked for. What stays is a sample of what is
 * asked, as far as texts of one label are alike in both, and each row counts once: exact binomial bounds hold for it,
 * which they do not for weighted counts. A row stays with the probability of its label's weight over the largest one
 * (rejection sampling).
 * @param labels of each row
 * @param asked how often each label is asked for
 * @param drawnFrom labels of all rows that these were drawn from without regard to the label: their shares are less noisy
 * @see Lipton, Wang and Smola, Detecting and correcting for label shift with black box predictors (2018), for what such a
 *   shift is
 */
export function thinToTraffic({
  labels,
  drawnFrom,
  asked,
  random,
}: {
  readonly labels: readonly string[];
  readonly drawnFrom: readonly string[];
  readonly asked: readonly LabelTraffic[];
  readonly random: Random;
}): ThinnedRows {
  const { weights, requests } = trafficWeights(drawnFrom, asked);
  const ofRows = labels.map((label) => weights.get(label) ?? 1);
  const least = Math.min(labels.length, Math.max(LEAST_ROWS, LEAST_SHARE * labels.length));
  const top = topOf(ofRows, least);
  const rows = ofRows.flatMap((weight, row) => (weight >= top || random() * top < weight ? [row] : []));
  return { rows, requests, overlap: overlapOf(weights, drawnFrom, top) };
}

/** The largest weight, or the largest at which so many rows are expected to stay: what is above it counts as it. */
function topOf(weights: readonly number[], least: number): number {
  const staying = (top: number): number => weights.reduce((sum, weight) => sum + Math.min(1, weight / top), 0);
  let low = weights.reduce((a, b) => Math.min(a, b), Infinity);
  let high = weights.reduce((a, b) => Math.max(a, b), 0);
  if (staying(high) >= least) return high;
  for (let i = 0; i < STEPS; i++) {
    const middle = (low + high) / 2;
    if (staying(middle) >= least) low = middle;
    else high = middle;
  }
  return low;
}

/** Of the labels' shares among rows that stay and among what is asked. */
function overlapOf(weights: ReadonlyMap<string, number>, drawnFrom: readonly string[], top: number): number {
  const wanted = drawnFrom.map((label) => weights.get(label)!);
  const stay = wanted.map((weight) => Math.min(weight, top));
  const total = stay.reduce((sum, weight) => sum + weight, 0);
  const shared = wanted.reduce((sum, weight, row) => sum + Math.min(weight / wanted.length, stay[row]! / total), 0);
  return Math.min(1, shared);
}
