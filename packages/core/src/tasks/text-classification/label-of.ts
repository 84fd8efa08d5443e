import type { TierAnswer } from '../answer.js';

/** The label that an answer names or scores highest; undefined for an embedding. */
export function labelOf(answer: TierAnswer): string | undefined {
  switch (answer.kind) {
    case 'label':
      return answer.label;
    case 'scores':
      return answer.labels[answer.logProbs.indexOf(Math.max(...answer.logProbs))];
    case 'embedding':
      return undefined;
    default:
      return answer satisfies never;
  }
}
