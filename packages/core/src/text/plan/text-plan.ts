import type { Rejection } from '../../recommend/reasons.js';
import type { TextTierCalibration } from '../../catalog/text-calibration.js';
import type { TextTier } from '../text-tier.js';

/** What a text tier is expected to need and to give on this device. */
export interface TextEstimate {
  /** Of this device, or the endpoint's protocol. */
  readonly provider: string;
  /** Weights, workspace and `kvBytes` together. */
  readonly memoryBytes: number;
  /** Keys and values of the context that is asked for, of all rows. */
  readonly kvBytes: number;
  /** Infinity of an endpoint: nobody says how much it reads. */
  readonly contextTokens: number;
  /** Of a loaded model, with a prompt as long as the requirements say. */
  readonly firstTokenMs: number;
  readonly tokensPerSecond: number;
  readonly loadMs: number;
  /** Of a prompt and an answer of typical length. */
  readonly costUsd: number;
  readonly basis: 'measured' | 'predicted';
}

export interface RatedTextTier {
  readonly tier: TextTier;
  readonly estimate: TextEstimate;
  readonly calibration: TextTierCalibration | undefined;
}

/** Which text tiers may answer here, and why the others may not. */
export interface TextPlan {
  /** Lightest first. */
  readonly ladder: readonly RatedTextTier[];
  readonly rejected: readonly Rejection[];
  readonly catalogRevision: string;
  readonly ladderRevision: string | undefined;
}
