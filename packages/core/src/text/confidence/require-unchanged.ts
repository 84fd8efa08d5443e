import type { TextCalibration, TextTierCalibration } from '../../catalog/text-calibration.js';
import { CalibrationMismatchError } from '../../errors/calibration-mismatch-error.js';
import type { TextTier } from '../text-tier.js';

/** What a calibration of text is bound to. */
export type TextIdentity = Pick<TextTierCalibration, 'tier' | 'variant' | 'delta' | 'template'>;

export const textIdentity = (tier: TextTier): TextIdentity => ({
  tier: tier.id,
  variant: tier.kind === 'local' ? tier.variant.weights.sha256 : tier.endpoint.contentId,
  ...(tier.delta && { delta: tier.delta.contentId }),
  ...(tier.template && { template: tier.template.contentId }),
});

/**
 * Whether every calibrated tier that is there is what it was when it was calibrated. What is gone is not missed.
 * @throws CalibrationMismatchError that says which are not, and what of them changed: nothing is claimed of those
 */
export function requireUnchanged({ tiers: calibrated }: TextCalibration, tiers: readonly TextTier[]): void {
  const changed = calibrated.flatMap((was) => {
    const now = tiers.filter(({ id }) => id === was.tier).map(textIdentity);
    if (now.length === 0) return [];
    // One variant of several may be left of those that were there.
    const same = now.filter(({ variant }) => variant === was.variant);
    if (same.length === 0) return [`${was.tier} has other weights, or is another endpoint`];
    if (same.every(({ delta }) => delta !== was.delta)) return [`${was.tier} has another delta`];
    return same.every(({ template }) => template !== was.template) ? [`${was.tier} is asked by another template`] : [];
  });
  if (changed.length === 0) return;
  throw new CalibrationMismatchError({
    message: `What was calibrated has changed: ${changed.join('; ')}.`,
    hint: 'Nothing is claimed of these tiers until `terrace calibrate --text FILE` has run again.',
    facts: { tiers: changed.length },
  });
}
