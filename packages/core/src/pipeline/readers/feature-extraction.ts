import { withOptions, type PipelineReader } from './pipeline-reader.js';
import { readVector } from './read-vector.js';

export const featureExtraction: PipelineReader = {
  takes: ['text'],
  args: (given) => withOptions(given, 0, { defaults: { pooling: 'mean', normalize: true } }),
  read: ({ output }) => readVector(output),
};
