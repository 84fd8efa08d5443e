import { calibratedAs, candidateTiers, tierIdentity, type Calibration, type Catalog } from '@terrace/core';

/** What a calibration is worth beside the catalog it is used with. */
export type CalibrationState =
  /** `unknownTiers` joined the domain later: they are not used until the domain is calibrated again. */
  | { readonly kind: 'fits'; readonly unknownTiers: readonly string[] }
  /** It speaks of a variant or a delta that is not there: requests are refused. */
  | { readonly kind: 'stale'; readonly why: string };

/** Compares by content id, as the runtime does. Pure. */
export function calibrationState(calibration: Calibration, catalog: Catalog, domain: string): CalibrationState {
  if (calibration.domain !== domain) return { kind: 'stale', why: `it is of the domain "${calibration.domain}"` };
  const tiers = candidateTiers(catalog, { task: 'text-classification', domain, subDomain: undefined });
  for (const [id, made] of Object.entries(calibration.tiers)) {
    const present = tiers.filter((tier) => calibratedAs(tier) === id).map(tierIdentity);
    if (present.length === 0) return { kind: 'stale', why: `it speaks of "${id}", which the domain does not have` };
    if (!present.some(({ variant }) => variant === made.variant)) {
      return { kind: 'stale', why: `it was made with another variant of "${id}"` };
    }
    if (!present.some(({ variant, delta }) => variant === made.variant && delta === made.delta)) {
      return { kind: 'stale', why: `it was made with another delta for "${id}"` };
    }
  }
  // What others run is used all the same, above the ladder that was calibrated.
  const ids = [...new Set(tiers.filter(({ kind }) => kind === 'local').map(({ id }) => id))];
  return { kind: 'fits', unknownTiers: ids.filter((id) => !calibration.tiers[id]) };
}
