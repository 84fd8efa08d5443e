import { readScores } from './label-scores.js';
import { isObject, unusable, withOptions, type PipelineReader } from './pipeline-reader.js';
import { missingLabels } from './zero-shot-labels.js';

export const zeroShotClassification: PipelineReader = {
  takes: ['text'],
  args: (given) => withOptions(given, 1, { fixed: { multi_label: false } }),
  missing: missingLabels,
  read({ output }) {
    const { labels, scores } = isObject(output) ? output : {};
    if (!Array.isArray(labels) || !Array.isArray(scores) || labels.length !== scores.length || labels.length === 0)
      return unusable('it is no list of labels with scores');
    return readScores(new Map(labels.map((label, at) => [String(label), Number(scores[at])])));
  },
};
