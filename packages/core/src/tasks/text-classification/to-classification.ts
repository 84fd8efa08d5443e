import type { ClassificationOutput } from '../answer.js';
import { argmax } from './label-scores.js';

export interface ClassificationInput {
  readonly labels: readonly string[];
  readonly logProbs: Float64Array;
  readonly outOfScopeLabel: string | null;
  /** Scores of `outOfScopeScore` from here on mean "none of the labels". */
  readonly outOfScopeThreshold: number;
  /** Labels of the sub-domain that was asked for; none means all. */
  readonly within: readonly string[] | undefined;
}

const MAX_ALTERNATIVES = 5;

/**
 * 1 - the largest probability of an in-scope label. On CLINC150 it separates foreign texts better than
 * entropy does.
 */
export function outOfScopeScore(
  logProbs: Float64Array,
  labels: readonly string[],
  outOfScopeLabel: string | null,
): number {
  const foreign = outOfScopeLabel === null ? -1 : labels.indexOf(outOfScopeLabel);
  let best = -Infinity;
  for (let i = 0; i < logProbs.length; i++) if (i !== foreign && logProbs[i]! > best) best = logProbs[i]!;
  return 1 - Math.exp(best);
}

/**
 * The result of a classification, in one shape for every tier.
 *
 * A sub-domain narrows the answer after the fact: a best label outside it reads as out of scope. So the
 * narrowed answer is right whenever the full one is, and a certificate for the domain still covers it.
 */
export function toClassification(input: ClassificationInput): ClassificationOutput {
  const { labels, logProbs, outOfScopeLabel, outOfScopeThreshold, within } = input;
  const best = labels[argmax(logProbs)]!;
  const allowed = (label: string): boolean =>
    within === undefined || label === outOfScopeLabel || within.includes(label);
  const score = outOfScopeScore(logProbs, labels, outOfScopeLabel);
  const alternatives = topLabels(labels, logProbs, allowed);
  if (allowed(best)) {
    const outOfScope = best === outOfScopeLabel || score >= outOfScopeThreshold;
    return { kind: 'classification', label: best, alternatives, outOfScope };
  }
  const label = outOfScopeLabel ?? alternatives[0]?.label ?? best;
  return { kind: 'classification', label, alternatives: including(label, alternatives, input), outOfScope: true };
}

/** The same result where only a label is known, and perhaps how likely it is right. */
export function labelOnly({
  label: named,
  confidence,
  outOfScopeLabel,
  within,
}: {
  readonly label: string;
  readonly confidence: number | undefined;
} & Pick<ClassificationInput, 'outOfScopeLabel' | 'within'>): ClassificationOutput {
  const isForeign = within !== undefined && named !== outOfScopeLabel && !within.includes(named);
  const label = isForeign ? (outOfScopeLabel ?? named) : named;
  // How likely a label is says nothing of the one that stands for "none of these".
  const alternatives = confidence === undefined || isForeign ? [] : [{ label, score: confidence }];
  return { kind: 'classification', label, alternatives, outOfScope: isForeign || label === outOfScopeLabel };
}

/** The alternatives with `label` among them, last where its score is lower than the others'. */
function including(
  label: string,
  alternatives: ClassificationOutput['alternatives'],
  { labels, logProbs }: ClassificationInput,
): ClassificationOutput['alternatives'] {
  if (alternatives.some((each) => each.label === label)) return alternatives;
  const score = Math.exp(logProbs[labels.indexOf(label)] ?? -Infinity);
  return [...alternatives.slice(0, MAX_ALTERNATIVES - 1), { label, score }];
}

function topLabels(
  labels: readonly string[],
  logProbs: Float64Array,
  allowed: (label: string) => boolean,
): { label: string; score: number }[] {
  const top: number[] = [];
  for (let i = 0; i < logProbs.length; i++) {
    if (!allowed(labels[i]!)) continue;
    let at = top.length;
    while (at > 0 && logProbs[top[at - 1]!]! < logProbs[i]!) at--;
    if (at < MAX_ALTERNATIVES) {
      top.splice(at, 0, i);
      if (top.length > MAX_ALTERNATIVES) top.pop();
    }
  }
  return top.map((i) => ({ label: labels[i]!, score: Math.exp(logProbs[i]!) }));
}
