import type { TextTierCalibration } from '../../catalog/text-calibration.js';
import type { TextConfidence } from './text-features.js';

/** A rung that might take over. */
export interface NextRung {
  readonly calibration: Pick<TextTierCalibration, 'accuracy'> | undefined;
  /** Until its first token, its load included. */
  readonly firstTokenMs: number;
  readonly costUsd: number;
}

/** What is gained by less than this is not worth beginning anew. */
const LEAST_GAIN = 0.05;

/**
 * Whether an answer that nobody has seen is better begun anew by the next rung: it is too unsure for what is demanded, or
 * what the next one is expected to add is worth its price. Pure.
 */
export function climbsUnseen({
  early: { confidence },
  threshold,
  valueUsd,
  leftMs,
  next,
}: {
  readonly early: TextConfidence;
  readonly threshold: number | undefined;
  /** What a right answer is worth. */
  readonly valueUsd: number;
  readonly leftMs: number;
  readonly next: NextRung;
}): boolean {
  if (confidence === undefined || next.firstTokenMs > leftMs) return false;
  if (threshold !== undefined && confidence < threshold) return true;
  if (!next.calibration) return false;
  const gain = next.calibration.accuracy - confidence;
  return gain >= LEAST_GAIN && gain * valueUsd > next.costUsd;
}

/** Whether a tier whose text is being shown goes on: false once what it writes is too unsure for what is demanded. */
export const keepsGoing = ({ confidence }: TextConfidence, threshold: number | undefined): boolean =>
  confidence === undefined || threshold === undefined || confidence >= threshold;
