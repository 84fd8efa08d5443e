import { variantIdOf } from '../catalog/tier.js';
import type { DeviceProfile } from '../profile/device-profile.js';
import { isCalibrated, isLocalRung, type LocalRung, type RatedTier } from './choose-ladder.js';
import { leastLatencyMs } from './predict.js';
import { isDemoted, measuredMs, paceMs, paceOf, providersOf, type KnownProviders } from './providers.js';
import { rateWith, type LocalGiven } from './rate-local.js';
import { bytesToFetch } from './storage.js';

/** A model that another provider of the device might run faster. */
export interface Contest {
  readonly inUse: LocalRung;
  /** The most promising variant of each provider that was never measured with the model here. */
  readonly challengers: readonly LocalRung[];
}

/**
 * Which rungs of a ladder are to be raced, and against what. Each provider is raced once a model, and not where even an
 * idle one could not win; what is not here is not fetched where that is unwanted. A variant that the calibration was
 * made with races such only. Pure.
 * @param fitting all tiers that fit the device
 */
export function findContests({
  ladder,
  fitting,
  ...given
}: LocalGiven & { readonly ladder: readonly RatedTier[]; readonly fitting: readonly RatedTier[] }): Contest[] {
  if (given.profile.providers.length < 2) return [];
  return ladder.filter(isLocalRung).flatMap((inUse) => {
    const challengers = challengersOf(inUse, waysOf(inUse, fitting, given), given);
    return challengers.length > 0 ? [{ inUse, challengers }] : [];
  });
}

/** Every variant of the model with every provider, in equal standing. */
function waysOf(inUse: LocalRung, fitting: readonly RatedTier[], given: LocalGiven): LocalRung[] {
  const { calibration, profile, demoted } = given;
  const standing = isCalibrated(inUse.tier, calibration);
  return fitting
    .filter(isLocalRung)
    .filter(({ tier }) => tier.model.id === inUse.tier.model.id && isCalibrated(tier, calibration) === standing)
    .flatMap(({ tier }) =>
      providersOf(tier, profile)
        .filter(({ id }) => !isDemoted(tier, id, demoted))
        .map((provider) => rateWith(provider, tier, given)),
    );
}

function challengersOf(inUse: LocalRung, ways: readonly LocalRung[], given: LocalGiven): LocalRung[] {
  const { profile } = given;
  const measured = ways.filter(({ tier, estimate }) => measuredMs(tier, estimate.provider, given) !== undefined);
  const raced = new Set([inUse, ...measured].map(({ estimate }) => estimate.provider));
  const toBeatMs = Math.min(...(measured.length > 0 ? measured : [inUse]).map((way) => paceOf(way, given)));
  return profile.providers
    .filter(({ id }) => !raced.has(id))
    .flatMap((provider) => {
      const [best] = ways
        .filter(({ estimate }) => estimate.provider === provider.id)
        .toSorted((a, b) => paceMs(a.tier, provider, given) - paceMs(b.tier, provider, given));
      return best && leastLatencyMs(best.tier, provider) < toBeatMs && mayBeFetched(best, given) ? [best] : [];
    });
}

function mayBeFetched({ tier }: LocalRung, { presence = () => 'here', profile }: LocalGiven): boolean {
  return bytesToFetch(tier, presence) === 0 || !wantsFewBytes(profile);
}

const wantsFewBytes = ({ connection, network }: DeviceProfile): boolean =>
  connection?.saveData === true || network === 'offline';

/**
 * Whether a rung has lost against what is proposed for its model: both were measured and the other is faster, or it was
 * chosen by a prediction that measuring has shown to be wrong.
 */
export function hasLostRace(
  current: readonly RatedTier[],
  proposed: readonly RatedTier[],
  known: KnownProviders,
): boolean {
  const timeOf = ({ tier, estimate }: LocalRung): number | undefined => measuredMs(tier, estimate.provider, known);
  return current.filter(isLocalRung).some((rung) => {
    const other = proposed.filter(isLocalRung).find(({ tier }) => tier.id === rung.tier.id);
    if (!other || variantIdOf(other.tier) === variantIdOf(rung.tier)) return false;
    const lostMs = timeOf(rung);
    const isCertain = timeOf(other) !== undefined || rung.estimate.basis === 'predicted';
    return lostMs !== undefined && isCertain && paceOf(other, known) < lostMs;
  });
}
