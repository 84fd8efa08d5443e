import type { Result } from '@terrace/core';

/** The likeliest labels with the natural log of their probabilities, best first. */
export function likeliest(
  { output, answer }: Pick<Result, 'output' | 'answer'>,
  count: number,
): { readonly label: string; readonly logProb: number }[] {
  if (count === 0 || output.kind !== 'classification') return [];
  const all =
    answer.kind === 'scores'
      ? answer.labels.map((label, i) => ({ label, logProb: answer.logProbs[i]! }))
      : output.alternatives.map(({ label, score }) => ({ label, logProb: Math.log(score) }));
  return all.toSorted((a, b) => b.logProb - a.logProb).slice(0, count);
}
