import type { Calibration } from './calibration.js';
import { tierIdentity, type Tier } from './tier.js';

/** Of the tiers that a calibration speaks of, one that is here with other weights or another delta only. */
export function differingTier({ tiers: known }: Calibration, tiers: readonly Tier[]): string | undefined {
  for (const [id, made] of Object.entries(known)) {
    const present = tiers.filter((tier) => tier.kind === 'local' && tier.id === id).map(tierIdentity);
    const matches = present.some(({ variant, delta }) => variant === made.variant && delta === made.delta);
    if (present.length > 0 && !matches) return id;
  }
  return undefined;
}
