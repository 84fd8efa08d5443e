import { readLabelScores } from './label-scores.js';
import type { PipelineReader } from './pipeline-reader.js';
import { missingLabels } from './zero-shot-labels.js';

export const zeroShotImageClassification: PipelineReader = {
  takes: ['pixels', 'image'],
  args: (given) => given,
  missing: missingLabels,
  read: ({ output }) => readLabelScores(output),
};
