import { readLabelScores } from './label-scores.js';
import { withOptions, type PipelineReader } from './pipeline-reader.js';

/** By default it names the five likeliest labels alone. */
export const audioClassification: PipelineReader = {
  takes: ['audio'],
  args: (given) => withOptions(given, 0, { fixed: { top_k: null } }),
  read: ({ output }) => readLabelScores(output),
};
