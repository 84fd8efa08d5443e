import type { Format } from '../i18n/format.js';
import type { Language } from '../i18n/language.js';
import type { TeachTexts } from '../i18n/teach-en.js';
import type { Decision, FitReport } from './taught.js';

export interface ToldDecision {
  /** Whether it answers from now on. */
  readonly verdict: string;
  readonly reason: string | undefined;
  /** Against what was in force; undefined where that was nothing, or nothing could be compared. */
  readonly difference: string | undefined;
}

/** Whether the new one took over, and why, with the numbers that decided it. */
export function tellDecision(
  { decision, promoted }: Pick<FitReport, 'decision' | 'promoted'>,
  { texts, format, language }: { readonly texts: TeachTexts; readonly format: Format; readonly language: Language },
): ToldDecision {
  const isRepeated = decision.kind === 'promote' && !promoted;
  const { accuracy } = decision.comparison;
  const isFirst = decision.reason === 'first' || decision.reason === 'no-better-than-guessing';
  const signed = new Intl.NumberFormat(language, { signDisplay: 'exceptZero', maximumFractionDigits: 1 });
  const points = (share: number): string => signed.format(100 * share);
  const [low, high] = accuracy.interval;
  return {
    verdict: isRepeated ? texts.unchanged : promoted ? texts.taught : texts.kept,
    reason: isRepeated ? undefined : reasonOf(decision, texts),
    difference:
      isFirst || isRepeated || accuracy.rows === 0
        ? undefined
        : texts.difference(
            points(accuracy.value),
            texts.interval(points(low), points(high)),
            format.count(accuracy.rows),
          ),
  };
}

const reasonOf = (decision: Decision, texts: TeachTexts): string => {
  const reason = texts.reasons[decision.reason];
  return decision.reason === 'sub-domain-worse' ? texts.reasonIn(reason, decision.subDomain ?? '–') : reason;
};
