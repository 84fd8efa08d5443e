import type { Calibration } from '../catalog/calibration.js';
import { variantIdOf, variantNameOf, type LocalTier } from '../catalog/tier.js';
import type { VariantStatistics } from '../ports/ledger.js';
import type { ModelStore } from '../ports/model-store.js';
import type { Crash, ProviderProfile } from '../profile/device-profile.js';
import type { LocalRung } from './choose-ladder.js';
import { estimate } from './estimate.js';
import { bestProvider, crashesOf, measuredMs, providersOf, whyNoProvider, type KnownProviders } from './providers.js';
import { isoTime, type Demotion, type Rejection } from './reasons.js';
import { bytesToFetch, whyNotStored } from './storage.js';

export interface LocalGiven extends KnownProviders {
  readonly calibration: Calibration | undefined;
  readonly statistics: readonly VariantStatistics[];
  /** Which files are here; without it all of them are taken to be. */
  readonly presence?: ModelStore['presence'] | undefined;
}

/** A tier of this device with its best provider, or why it has none. */
export function rateLocal(tier: LocalTier, given: LocalGiven): LocalRung | Rejection {
  const no = (code: Rejection['code'], message: string): Rejection => ({
    tier: tier.id,
    variant: variantNameOf(tier),
    code,
    message,
  });
  const { profile, demoted = [] } = given;
  if (tier.delta && !Object.values(tier.delta.base.files).includes(tier.variant.weights.sha256)) {
    return no('delta', `the delta ${tier.delta.id} was made for another base`);
  }
  if (providersOf(tier, profile).length === 0) {
    const crashes = crashesOf(tier, profile);
    return crashes.length > 0 ? no('crashed', whyCrashed(crashes)) : no('provider', whyNoProvider(tier, profile));
  }
  const provider = bestProvider(tier, given);
  if (!provider) return no('untrusted', whyDemoted(tier, demoted));
  const absent = whyNotStored(tier, presenceIn(given), profile);
  return absent === undefined ? rateWith(provider, tier, given) : no('storage', absent);
}

/** A tier of this device with one of the providers it may run on. */
export function rateWith(provider: ProviderProfile, tier: LocalTier, given: LocalGiven): LocalRung {
  const { profile, calibration } = given;
  return {
    tier,
    estimate: estimate({
      tier,
      provider,
      host: profile.host,
      statistics: ownStatistics(tier, given),
      measuredMs: measuredMs(tier, provider.id, given),
      calibration,
      downloadBytes: bytesToFetch(tier, presenceIn(given)),
    }),
  };
}

/** The device counts runs by variant: where it has several providers for one, nobody knows whose they were. */
function ownStatistics(tier: LocalTier, { statistics, profile }: LocalGiven): VariantStatistics | undefined {
  const own = statistics.find(({ variantId }) => variantId === variantIdOf(tier));
  return own && providersOf(tier, profile).length > 1 ? { ...own, runs: 0 } : own;
}

const presenceIn = ({ presence = () => 'here' }: LocalGiven): ModelStore['presence'] => presence;

function whyDemoted(tier: LocalTier, demoted: readonly Demotion[]): string {
  const its = demoted.filter(({ variantId }) => variantId === variantIdOf(tier));
  const how = its.every(({ kind }) => kind === 'wrong') ? 'answers wrongly' : 'does not work';
  return `it ${how} here (${its.map(({ provider, reason }) => `${provider}: ${reason}`).join('; ')})`;
}

const whyCrashed = (crashes: readonly Crash[]): string =>
  crashes
    .map(({ provider, phase, timesInARow, untilWallMs }) => {
      const work = phase === 'load' ? 'was being loaded' : 'ran';
      const times = timesInARow > 1 ? `, ${timesInARow} times in a row` : '';
      return `the page died while it ${work} with ${provider}${times}; it is tried again at ${isoTime(untilWallMs)}`;
    })
    .join('; ');
