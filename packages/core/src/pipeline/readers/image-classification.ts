import { readLabelScores } from './label-scores.js';
import { withOptions, type PipelineReader } from './pipeline-reader.js';

/** By default it names the five likeliest labels alone. */
export const imageClassification: PipelineReader = {
  takes: ['pixels', 'image'],
  args: (given) => withOptions(given, 0, { fixed: { top_k: null } }),
  read: ({ output }) => readLabelScores(output),
};
