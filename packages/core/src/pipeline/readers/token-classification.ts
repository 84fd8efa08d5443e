import { isObject, unusable, withOptions, type PipelineReader } from './pipeline-reader.js';

/** What stands where a token is part of nothing. */
const OUTSIDE = 'O';

/**
 * Tells of every token the likeliest label alone, so that there is no distribution over the whole. The whole is right
 * when each token is: it is as sure as the least sure of them. Its label is that of the surest entity, the entities
 * are in the output.
 */
export const tokenClassification: PipelineReader = {
  takes: ['text'],
  args: (given) => withOptions(given, 0, { fixed: { ignore_labels: [], aggregation_strategy: 'none' } }),
  read({ output }) {
    if (!Array.isArray(output)) return unusable('it is no list of tokens');
    let label = OUTSIDE;
    let surest = -Infinity;
    let confidence = Infinity;
    const labels = new Set([OUTSIDE]);
    for (const token of output as readonly unknown[]) {
      const { entity, score } = isObject(token) ? token : {};
      if (typeof entity !== 'string' || typeof score !== 'number' || !(score >= 0 && score <= 1))
        return unusable('it is no list of tokens with their labels and scores');
      labels.add(entity);
      confidence = Math.min(confidence, score);
      if (entity === OUTSIDE || score <= surest) continue;
      label = entity;
      surest = score;
    }
    return {
      kind: 'label',
      labels: [...labels].toSorted(),
      label,
      confidence: output.length > 0 ? confidence : undefined,
    };
  },
};
