import type { TextFeature } from '../../catalog/text-calibration.js';

/** What is known of an answer, or of its first tokens; a feature that nobody knows is absent. */
export type TextFeatures = Readonly<Partial<Record<TextFeature, number>>>;

/** What a caller, a schema or other samples say of an answer. */
export interface TextSigns {
  /** Whether it is what its format asks for; undefined where any text is. */
  readonly valid: boolean | undefined;
  /** P(right) or whether, as the caller's own check puts it, in [0, 1]. */
  readonly checked: number | undefined;
  /** Share of other samples that say the same, in [0, 1]. */
  readonly agreement: number | undefined;
}

/** How sure an answer of a text tier is. */
export interface TextConfidence {
  /** P(right), in [0, 1]; undefined without a calibration: nothing is claimed. */
  readonly confidence: number | undefined;
  readonly calibrated: boolean;
  readonly features: TextFeatures;
}
