import type { TextConfidenceModel, TextTierCalibration } from '../../catalog/text-calibration.js';
import type { TextConfidence, TextFeatures } from './text-features.js';

/** P(right) of an answer (`whole`) or of one that has begun (`early`); no claim without a calibration of that kind. */
export function textConfidence(
  features: TextFeatures,
  calibration: Pick<TextTierCalibration, 'early' | 'whole'> | undefined,
  of: 'early' | 'whole',
): TextConfidence {
  const model = calibration?.[of];
  if (!model) return { confidence: undefined, calibrated: false, features };
  return { confidence: probabilityRight(features, model), calibrated: true, features };
}

/** A feature that nobody knows counts as its mean. */
function probabilityRight(known: TextFeatures, { features, intercept, weights, means, spreads }: TextConfidenceModel) {
  const logit = features.reduce((sum, feature, i) => {
    const value = known[feature] ?? means[i]!;
    return sum + (weights[i]! * (value - means[i]!)) / spreads[i]!;
  }, intercept);
  return 1 / (1 + Math.exp(-logit));
}
