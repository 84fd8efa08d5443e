import type { Judgement } from '../../judge/judge.js';
import type { Certificate } from '../../judge/risk-control.js';
import type { FinishReason } from '../../tasks/text-generation/text-output.js';
import type { TextConfidence, TextSigns } from './text-features.js';

/** What is demanded of a text. */
export interface TextDemand {
  readonly minConfidence: number | undefined;
  readonly maxRisk: number | undefined;
}

/** A caller's check below this says no. */
const LEAST_CHECKED = 0.5;

/** Whether a whole answer is good enough. Without a calibration it is, unless something speaks against it. Pure. */
export function judgeText({
  confidence: { confidence, calibrated },
  begun = 1,
  signs: { valid, checked },
  finishReason,
  demand: { minConfidence, maxRisk },
  certificate,
}: {
  readonly confidence: TextConfidence;
  /** P(right) as the first tokens had it, where the certificate rests on them too. */
  readonly begun?: number | undefined;
  readonly signs: TextSigns;
  readonly finishReason: FinishReason;
  readonly demand: TextDemand;
  readonly certificate: Certificate | undefined;
}): Judgement {
  const no = (reason: Extract<Judgement, { kind: 'escalate' }>['reason']): Judgement => ({
    kind: 'escalate',
    reason,
    confidence,
    calibrated,
  });
  const speaksAgainst = valid === false || (checked ?? 1) < LEAST_CHECKED || finishReason === 'content-filter';
  if (speaksAgainst) return no('confidence');
  if (maxRisk !== undefined && (!certificate || confidence === undefined)) return no('uncertified');
  if (certificate && confidence !== undefined && Math.min(confidence, begun) < certificate.threshold) return no('risk');
  if (minConfidence === undefined) return { kind: 'accept', confidence, calibrated };
  if (confidence === undefined) return no('uncertified');
  return confidence < minConfidence ? no('confidence') : { kind: 'accept', confidence, calibrated };
}

/** Below this an answer does not meet the demand; undefined where nothing is demanded. */
export const textThreshold = (
  minConfidence: number | undefined,
  certificate: Pick<Certificate, 'threshold'> | undefined,
): number | undefined => {
  const bounds = [minConfidence, certificate?.threshold].filter((bound) => bound !== undefined);
  return bounds.length === 0 ? undefined : Math.max(...bounds);
};
