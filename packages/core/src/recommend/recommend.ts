import type { Calibration, LadderCalibration } from '../catalog/calibration.js';
import type { Endpoint } from '../catalog/endpoint.js';
import { differingTier } from '../catalog/differing-tier.js';
import type { Catalog } from '../catalog/schema.js';
import { candidateTiers, variantIdOf, variantNameOf, type RemoteTier, type Tier } from '../catalog/tier.js';
import { CalibrationMismatchError } from '../errors/calibration-mismatch-error.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import { NoTierFitsError } from '../errors/no-tier-fits-error.js';
import type { VariantStatistics } from '../ports/ledger.js';
import type { ModelStore } from '../ports/model-store.js';
import type { DeviceProfile } from '../profile/device-profile.js';
import type { Requirements } from '../request/parse-request.js';
import { aroundAway } from './around-away.js';
import { bestVariants } from './best-variants.js';
import { chooseLadder, type LadderChoice, type RatedTier } from './choose-ladder.js';
import { findContests, type Contest } from './contests.js';
import { estimateEndpoint } from './estimate-endpoint.js';
import { whyNot, type UsableMemory } from './feasible.js';
import { paceOf } from './providers.js';
import { rateLocal } from './rate-local.js';
import { RUNTIME_BYTES } from './predict.js';
import { isoTime, mebibytes, type Demotion, type Measurement, type Rejection } from './reasons.js';
import { isOutOfReach } from './storage.js';

export interface RecommendInput {
  readonly requirements: Requirements;
  readonly profile: DeviceProfile;
  readonly catalog: Catalog;
  readonly calibration: Calibration | undefined;
  readonly statistics: readonly VariantStatistics[];
  /** Memory of models this process has loaded: it counts as taken on the device, but it is theirs. */
  readonly loadedBytes: number;
  /** Most memory models may take, where the user set a limit. */
  readonly memoryCeilingBytes: number | undefined;
  /** Share of requests a ladder can answer under the bound that was asked for; the judge knows. */
  readonly coverageOf?: ((ladder: LadderCalibration) => number) | undefined;
  /** Tiers that failed lately: left out until they have cooled down. */
  readonly failed: ReadonlySet<string>;
  /** Which files are here; without it all of them are taken to be. */
  readonly presence?: ModelStore['presence'] | undefined;
  /** Whether this host can ask an endpoint at all; without it no endpoint is used. */
  readonly canAsk?: ((endpoint: Endpoint) => boolean) | undefined;
  /** Ids of endpoints that cannot be asked now: what the device has takes their places. */
  readonly away?: ReadonlySet<string> | undefined;
  /** Providers that are not used with a variant on this device. */
  readonly demoted?: readonly Demotion[] | undefined;
  /** What variants took with providers on this device; it counts where there are several. */
  readonly measured?: readonly Measurement[] | undefined;
}

export interface Recommendation {
  /** The rungs to use, lightest first. */
  readonly ladder: readonly RatedTier[];
  /** Every tier that fits by itself, lightest first. */
  readonly ranked: readonly RatedTier[];
  /**
   * The same in every variant that fits, those of a model as the catalog has them; behind them what cannot be fetched now,
   * as there is no network.
   */
  readonly fitting: readonly RatedTier[];
  readonly rejected: readonly Rejection[];
  readonly calibration: LadderCalibration | undefined;
  /** Expected mean time of a request on the ladder, in milliseconds. */
  readonly meanMs: number;
  /** Models of the ladder that another provider might run faster: only a race can tell. */
  readonly contests: readonly Contest[];
}

/**
 * Which tiers to use, and why not the others. Pure and deterministic: the same device, catalog and
 * requirements give the same ladder.
 * @throws NoTierFitsError with every reason when nothing is left
 */
export function recommend(input: RecommendInput): Recommendation {
  const usable = usableMemory(input);
  const candidates = allowedByPolicy(input);
  if (input.calibration) requireSameTiers(input.calibration, candidates.kept);
  const rejected: Rejection[] = [...candidates.rejected];
  const fitting: RatedTier[] = [];
  for (const tier of candidates.kept) {
    const rated = rate(tier, input, usable);
    if ('code' in rated) rejected.push(rated);
    else fitting.push(rated);
  }
  if (fitting.length === 0) throw nothingFits(rejected, input.profile);
  const { calibration, coverageOf, away } = input;
  const pace = (rung: RatedTier): number => paceOf(rung, input);
  const choose = (among: readonly RatedTier[]): LadderChoice => {
    const { kept, slower } = bestVariants(among, calibration, pace);
    const choice = chooseLadder(kept, { calibration, usableBytes: usable.bytes, coverageOf });
    return { ...choice, dropped: [...slower, ...choice.dropped] };
  };
  const isAway = ({ tier }: RatedTier): boolean =>
    tier.kind === 'remote' ? away?.has(tier.id) === true : isOutOfReach(tier, input);
  const choice = aroundAway(choose(fitting), { all: fitting, isAway, calibration, choose });
  return {
    ladder: choice.tiers,
    ranked: bestVariants(fitting, calibration, pace).kept,
    fitting: [...fitting.filter((rung) => !isAway(rung)), ...fitting.filter(isAway)],
    rejected: [...rejected, ...choice.dropped],
    calibration: choice.calibration,
    meanMs: choice.meanMs,
    contests: findContests({ ...input, ladder: choice.tiers, fitting }),
  };
}

function allowedByPolicy({ catalog, requirements }: RecommendInput): { kept: Tier[]; rejected: Rejection[] } {
  const all = candidateTiers(catalog, {
    task: requirements.task,
    domain: requirements.domain,
    subDomain: requirements.subDomain,
  });
  if (all.length === 0 && requirements.domain === undefined) {
    const domains = catalog.domains.map(({ id }) => id).join(', ') || 'none';
    throw new InvalidRequestError({
      message: `No model of the catalog does ${requirements.task} without a domain.`,
      hint: `Name a domain (\`domain\`, --domain of the command): ${domains}.`,
    });
  }
  const { policy, only = policy === 'cascade' ? undefined : [policy] } = requirements;
  if (!only) return { kept: all, rejected: [] };
  const kept = all.filter(({ id }) => only.includes(id));
  const ids = [...new Set(all.map(({ id }) => id))];
  if (kept.length === 0 && !requirements.only) {
    throw new InvalidRequestError({
      message: `There is no tier "${policy}" for this task and domain.`,
      hint: `Use "cascade" or one of: ${ids.join(', ') || 'none'}.`,
      facts: { policy },
    });
  }
  const message = requirements.only
    ? 'the deployment routes the request elsewhere'
    : `the policy asks for ${policy} alone`;
  const others = ids.filter((id) => !only.includes(id));
  return { kept, rejected: others.map((tier) => ({ tier, variant: '', code: 'policy', message })) };
}

/** What models may take in all, less what the first one brings along. */
export function usableMemory({
  profile,
  loadedBytes,
  memoryCeilingBytes = Infinity,
}: Pick<RecommendInput, 'profile' | 'loadedBytes' | 'memoryCeilingBytes'>): UsableMemory {
  const free = profile.memory.usableBytes + loadedBytes;
  // What is free on the device has the runtime taken out once it is loaded; what the user allows has it in it always.
  const shared = loadedBytes === 0 || memoryCeilingBytes < free ? RUNTIME_BYTES : 0;
  const bytes = Math.max(0, Math.min(free, memoryCeilingBytes) - shared);
  const basis = memoryCeilingBytes < free ? `the limit is ${mebibytes(memoryCeilingBytes)}` : profile.memory.basis;
  return { bytes, basis: shared > 0 ? `${basis}, less ${mebibytes(shared)} for the inference runtime` : basis };
}

function rate(tier: Tier, input: RecommendInput, usable: UsableMemory): RatedTier | Rejection {
  const no = (code: Rejection['code'], message: string): Rejection => ({
    tier: tier.id,
    variant: variantNameOf(tier),
    code,
    message,
  });
  if (input.failed.has(tier.id)) return no('failed', 'it failed a moment ago and is tried again later');
  const rated = tier.kind === 'local' ? rateLocal(tier, input) : rateRemote(tier, input, no);
  if ('code' in rated) return rated;
  return whyNot(tier, rated.estimate, { ...input, usable }) ?? rated;
}

function rateRemote(
  tier: RemoteTier,
  { canAsk, calibration, statistics: all }: RecommendInput,
  no: (code: Rejection['code'], message: string) => Rejection,
): RatedTier | Rejection {
  if (!canAsk?.(tier.endpoint)) return no('unreachable', 'this host was given no way to reach it');
  const statistics = all.find(({ variantId }) => variantId === variantIdOf(tier));
  return { tier, estimate: estimateEndpoint({ tier, statistics, calibration }) };
}

/** @throws CalibrationMismatchError when a tier it speaks of has other weights or another delta */
function requireSameTiers(calibration: Calibration, tiers: readonly Tier[]): void {
  const tier = differingTier(calibration, tiers);
  if (tier === undefined) return;
  throw new CalibrationMismatchError({
    message: `The calibration of "${calibration.domain}" was made with another variant or delta of ${tier}.`,
    hint: `Run \`terrace calibrate --domain ${calibration.domain} --data FILE\` for the deltas in use.`,
    facts: { domain: calibration.domain, tier },
  });
}

function nothingFits(rejected: readonly Rejection[], profile: DeviceProfile): NoTierFitsError {
  const reasons = rejected.map(
    ({ tier, variant, message }) => `${[tier, variant].filter(Boolean).join(' ')}: ${message}`,
  );
  return new NoTierFitsError({
    message: `No tier fits. ${reasons.join('; ') || 'The catalog offers none for this task and domain'}.`,
    hint:
      whyNoneRuns(profile) ??
      whenTriedAgain(rejected, profile) ??
      'Give more memory or time, allow a further placement, or add a lighter model.',
    facts: { rejected: rejected.length },
  });
}

/** Where no model can run whatever the request, that is what has to be mended. */
function whyNoneRuns({ providers, refusedProviders = [] }: DeviceProfile): string | undefined {
  if (providers.length > 0 || refusedProviders.length === 0) return undefined;
  const reasons = refusedProviders.map(({ id, reason }) => `${id}: ${reason}`);
  return `No model can run on this device. ${reasons.join('; ')}.`;
}

/** What the page died of must not end it at once again, even where there is nothing else. */
function whenTriedAgain(rejected: readonly Rejection[], { crashes = [] }: DeviceProfile): string | undefined {
  if (!rejected.some(({ code }) => code === 'crashed')) return undefined;
  const first = Math.min(...crashes.map(({ untilWallMs }) => untilWallMs));
  return `What the page died of is tried again at ${isoTime(first)}. Ask again then, or allow a further placement.`;
}
