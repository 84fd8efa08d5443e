import { readLabelScores } from './label-scores.js';
import { withOptions, type PipelineReader } from './pipeline-reader.js';

/** By default it names the likeliest label alone. */
export const textClassification: PipelineReader = {
  takes: ['text'],
  args: (given) => withOptions(given, 0, { fixed: { top_k: null } }),
  read: ({ output }) => readLabelScores(output),
};
