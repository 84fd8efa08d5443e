import { readLabelScores } from './label-scores.js';
import type { PipelineReader } from './pipeline-reader.js';
import { missingLabels } from './zero-shot-labels.js';

export const zeroShotAudioClassification: PipelineReader = {
  takes: ['audio'],
  args: (given) => given,
  missing: missingLabels,
  read: ({ output }) => readLabelScores(output),
};
