import type { Task } from '../task.js';
import { logSoftmax } from './label-scores.js';

/** One label of a closed list, with a distribution over all of them. */
export const textClassification: Task = {
  id: 'text-classification',
  read(logits, labels) {
    if (logits.length === labels.length) return { kind: 'scores', labels, logProbs: logSoftmax(logits) };
    return { kind: 'unusable', why: `it gave ${logits.length} scores for ${labels.length} labels` };
  },
};
