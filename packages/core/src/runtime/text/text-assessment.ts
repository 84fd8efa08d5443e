import type { Judgement } from '../../judge/judge.js';
import type { Certificate } from '../../judge/risk-control.js';
import type { TextTierCalibration } from '../../catalog/text-calibration.js';
import type { OutputFormat } from '../../tasks/text-generation/generation.js';
import type { FinishReason, TextPiece } from '../../tasks/text-generation/text-output.js';
import { featuresOf } from '../../text/confidence/features.js';
import { judgeText, type TextDemand } from '../../text/confidence/judge-text.js';
import { textConfidence } from '../../text/confidence/text-confidence.js';
import type { TextConfidence } from '../../text/confidence/text-features.js';
import { isValid } from './text-signs.js';

/** What is thought of one whole answer. */
export interface Assessment {
  readonly confidence: TextConfidence;
  readonly judgement: Judgement;
}

/** One whole answer and what it is measured by. */
export interface WholeAnswer {
  readonly text: string;
  readonly pieces: readonly TextPiece[];
  readonly finishReason: FinishReason;
  readonly format: OutputFormat;
  /** Undefined where nothing was calibrated for the way it came about. */
  readonly calibration: TextTierCalibration | undefined;
  readonly certificate: Certificate | undefined;
  /** P(right) as its first tokens had it, where the bound rests on them too. */
  readonly begun: number | undefined;
  readonly demand: TextDemand;
  readonly checked: number | undefined;
  readonly agreement: number | undefined;
}

export function assess({
  text,
  pieces,
  finishReason,
  format,
  calibration,
  certificate,
  begun,
  demand,
  checked,
  agreement,
}: WholeAnswer): Assessment {
  const signs = {
    valid: isValid(format, text),
    checked: checked === undefined ? undefined : within(checked),
    agreement,
  };
  const features = featuresOf({ pieces, end: { finishReason }, signs });
  const confidence = textConfidence(features, calibration, 'whole');
  return { confidence, judgement: judgeText({ confidence, begun, signs, finishReason, demand, certificate }) };
}

/** What a caller's check says, whatever it is: no number is a no. */
const within = (checked: number): number => (checked > 0 ? Math.min(1, checked) : 0);

/** The best of several answers: an accepted one before all others, then the surest. */
export function bestOf(assessments: readonly Assessment[]): Assessment {
  const rank = ({ judgement }: Assessment): number =>
    (judgement.kind === 'accept' ? 2 : 0) + (judgement.confidence ?? 0);
  return assessments.reduce((best, each) => (rank(each) > rank(best) ? each : best));
}

/** How sure a tier is of what it has begun. */
export const earlyConfidence = (
  pieces: readonly TextPiece[],
  calibration: TextTierCalibration | undefined,
): TextConfidence => {
  const signs = { valid: undefined, checked: undefined, agreement: undefined };
  return textConfidence(featuresOf({ pieces, end: undefined, signs }), calibration, 'early');
};
