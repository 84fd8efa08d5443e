import type { Output, TierAnswer } from '../tasks/answer.js';

/** What a classification found, as an answer in somebody else's form needs it. */
export interface Finding {
  readonly label: string;
  /** P(right) in [0, 1]; undefined where nobody knows. */
  readonly confidence: number | undefined;
  readonly outOfScope: boolean;
}

/** As a result has it. */
interface Answered {
  readonly output: Output;
  readonly answer: TierAnswer;
  readonly confidence: number | undefined;
}

/**
 * The best label among those the form can hold. The answer itself, unless the form has no place for it: then the
 * likeliest of the others, with its own probability.
 * @returns undefined when the form can hold no label that is known to be likely at all
 */
export function findAllowed(
  { output, answer, confidence }: Answered,
  allowed: ReadonlySet<string> | undefined,
): Finding | undefined {
  if (output.kind !== 'classification') return undefined;
  const { label, outOfScope } = output;
  if (!allowed || allowed.has(label)) return { label, confidence, outOfScope };
  if (answer.kind !== 'scores') return undefined;
  let best = -1;
  for (const [i, each] of answer.labels.entries()) {
    if (allowed.has(each) && (best === -1 || answer.logProbs[i]! > answer.logProbs[best]!)) best = i;
  }
  if (best === -1) return undefined;
  return { label: answer.labels[best]!, confidence: Math.exp(answer.logProbs[best]!), outOfScope };
}
