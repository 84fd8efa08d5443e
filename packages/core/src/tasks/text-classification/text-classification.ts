import type { Task } from '../task.js';
import { compareDistributions, logitsFault } from './compare-distributions.js';
import { logSoftmax } from './label-scores.js';

/**
 * Logits between the two best labels. On CLINC150 every label that a batch changed had less, but for a few in a
 * thousand texts; 2 % (base) to 4 % (small) of texts have less and are run again alone (docs/benchmarks.md).
 */
const NEAR_TIE_LOGITS = 0.5;

/** One label of a closed list, with a distribution over all of them. */
export const textClassification: Task = {
  id: 'text-classification',
  graphOutput: 'logits',
  read(logits, labels) {
    if (logits.length === labels.length) return { kind: 'scores', labels, logProbs: logSoftmax(logits) };
    return { kind: 'unusable', why: `it gave ${logits.length} scores for ${labels.length} labels` };
  },
  isNearTie: (logits) => leadOf(logits) < NEAR_TIE_LOGITS,
  goldenCompare: compareDistributions,
  faultOf: logitsFault,
};

/** How far the best is above the second best. */
function leadOf(values: Float32Array): number {
  let best = -Infinity;
  let second = -Infinity;
  for (const value of values) {
    if (value > best) [best, second] = [value, best];
    else if (value > second) second = value;
  }
  return best - second;
}
