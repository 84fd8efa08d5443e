import { isObject, unusable, withOptions, type PipelineReader } from './pipeline-reader.js';

/**
 * Its score is P(the answer begins and ends there); what is missing to 1 is for other places and for no answer, which
 * it does not tell apart.
 */
export const questionAnswering: PipelineReader = {
  takes: ['text'],
  takesContext: true,
  args: (given) => withOptions(given, 0, { fixed: { top_k: 1 } }),
  read({ output }) {
    const best: unknown = Array.isArray(output) ? output[0] : output;
    const { answer, score } = isObject(best) ? best : {};
    if (typeof answer !== 'string' || typeof score !== 'number' || !(score >= 0 && score <= 1 + 1e-3))
      return unusable('it is no answer with a score');
    return { kind: 'label', labels: [answer], label: answer, confidence: Math.min(1, score) };
  },
};
