import { withOptions, type PipelineReader } from './pipeline-reader.js';
import { readVector } from './read-vector.js';

export const imageFeatureExtraction: PipelineReader = {
  takes: ['pixels', 'image'],
  args: (given) => withOptions(given, 0, { defaults: { pool: true } }),
  read: ({ output }) => readVector(output),
};
