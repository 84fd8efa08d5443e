import type { Endpoint } from '../catalog/endpoint.js';
import type { Catalog } from '../catalog/schema.js';
import { NoTierFitsError } from '../errors/no-tier-fits-error.js';
import { requireDomain, variantIdOf } from '../catalog/tier.js';
import { settle, type LadderChoiceState } from '../escalate/hysteresis.js';
import { inFlight } from '../load/in-flight.js';
import type { FailingProviders } from '../load/failing-providers.js';
import type { SelfTest } from '../load/self-test.js';
import { waitFor } from '../wait/wait-for.js';
import type { CatalogSource } from '../ports/catalog-source.js';
import type { Clock } from '../ports/clock.js';
import type { DeviceProbe } from '../ports/device-probe.js';
import type { Ledger, VariantStatistics } from '../ports/ledger.js';
import type { ModelStore } from '../ports/model-store.js';
import type { DeviceProfile } from '../profile/device-profile.js';
import { hasLostRace } from '../recommend/contests.js';
import type { Demotion, Measurement } from '../recommend/reasons.js';
import { usableMemory, type RecommendInput } from '../recommend/recommend.js';
import { requirementsOf, type Request, type Requirements } from '../request/parse-request.js';
import { narrowerDomains, straightTo } from './narrower-domains.js';
import { recommendBounded, type BoundedRecommendation } from './bounded-recommendation.js';

/** What a request will be answered with, and under which bound. */
export interface Plan extends BoundedRecommendation {
  readonly catalogRevision: string;
  readonly ladderRevision: string | undefined;
  /** Tiers left out, or not used with some provider, because they failed lately or the page died of them. */
  readonly leftOut: readonly string[];
  /** Whether one of them is larger than everything in the ladder: then answers are worse for it. */
  readonly weakened: boolean;
  /** Domains that an answer may fall into, and the request go on in. */
  readonly narrower: readonly string[];
}

/** How long a measurement of the device and its statistics is believed. */
const REFRESH_MS = 30_000;
/** How long a better ladder must stay better before a switch. */
const HOLD_MS = 120_000;
/** How long a tier that failed is left out. */
const COOL_DOWN_MS = 60_000;
/** Plans kept; a caller with ever new requirements must not fill the memory. */
const MAX_PLANS = 256;

export interface Planner {
  /**
   * @param left ids of endpoints that the request does not come back to
   * @param only tiers among which somebody else has chosen; all without it
   */
  plan(request: Request, signal?: AbortSignal, left?: ReadonlySet<string>, only?: readonly string[]): Promise<Plan>;
  /** Most that models may take, in bytes, as the device was last seen; no limit before that. */
  usableBytes(): number;
  /** Cores this process may keep busy, as the device was last seen. */
  usableCores(): number;
  /** Tiers left out because they failed lately. */
  failed(): ReadonlySet<string>;
  /** Leaves a tier out of plans until it has cooled down. */
  avoid(tier: string): void;
  /** Makes all plans anew, because more is known of the device. */
  review(): void;
}

interface Surroundings {
  readonly catalog: Catalog;
  readonly profile: DeviceProfile;
  /** At the time the profile was taken. */
  readonly loadedBytes: number;
  readonly statistics: readonly VariantStatistics[];
  readonly demoted: readonly Demotion[];
  readonly measured: readonly Measurement[];
  readonly atMs: number;
}

/** Makes plans and keeps them while catalog, device and requirements stay the same. */
export function createPlanner({
  catalog: source,
  probe,
  ledger,
  store: { presence },
  selfTest,
  failing,
  clock,
  loadedBytes,
  memoryCeilingBytes,
  canAsk,
  isAway = () => false,
  onFailure,
}: {
  catalog: CatalogSource;
  probe: DeviceProbe;
  ledger: Ledger;
  store: Pick<ModelStore, 'presence'>;
  selfTest?: Pick<SelfTest, 'demotions' | 'measurements'> | undefined;
  failing: Pick<FailingProviders, 'demotions'>;
  clock: Clock;
  loadedBytes: () => number;
  memoryCeilingBytes?: number | undefined;
  /** Whether this host can ask an endpoint at all. */
  canAsk?: RecommendInput['canAsk'];
  /** Whether an endpoint cannot be used at the moment. */
  isAway?: (endpoint: Endpoint) => boolean;
  onFailure: (error: unknown) => void;
}): Planner {
  const states = new Map<string, LadderChoiceState<Plan>>();
  // Replaced, never cleared: a plan that was begun before a change is then kept where nobody looks.
  let plans = new Map<string, Plan>();
  const failures = new Map<string, number>();
  let surroundings: Surroundings | undefined;
  let stale = false;
  /** Of the reviews asked for: a look begun before one does not answer it. */
  let generation = 0;

  const current = async (signal: AbortSignal | undefined): Promise<Surroundings> => {
    const catalog = source.current();
    const fresh = surroundings?.catalog === catalog && clock.nowMs() - surroundings.atMs < REFRESH_MS;
    if (fresh && !stale) return surroundings!;
    return waitFor(
      looks(`${catalog.revision} ${generation}`, () => look(catalog)),
      signal,
    );
  };

  /** One look serves all requests that arrive meanwhile. */
  const looks = inFlight<Surroundings>();
  const look = async (catalog: Catalog): Promise<Surroundings> => {
    const begun = generation;
    const heldBefore = loadedBytes();
    const [profile, statistics, wrong = [], measured = []] = await Promise.all([
      probe.profile(),
      ownStatistics(),
      selfTest?.demotions(),
      selfTest?.measurements(),
    ]);
    const demoted = [...wrong, ...failing.demotions()];
    // A load that ended meanwhile may be in the one reading and not in the other: then it is not counted twice.
    const held = Math.min(heldBefore, loadedBytes());
    plans = new Map();
    surroundings = { catalog, profile, loadedBytes: held, statistics, demoted, measured, atMs: clock.nowMs() };
    if (begun === generation) stale = false;
    return surroundings;
  };

  /** Without its own numbers the device is planned for by formula: a broken ledger takes no answer away. */
  const ownStatistics = (): Promise<readonly VariantStatistics[]> =>
    ledger.statistics().catch((error: unknown) => {
      onFailure(error);
      return [];
    });

  const failed = (): Set<string> => {
    for (const [tier, sinceMs] of failures) if (clock.nowMs() - sinceMs >= COOL_DOWN_MS) failures.delete(tier);
    return new Set(failures.keys());
  };

  const missing = ({ profile: { crashes = [] } }: Surroundings): Set<string> =>
    new Set([...failed(), ...crashes.map(({ modelId }) => modelId)]);

  const awayFrom = ({ catalog: { endpoints = [] } }: Surroundings, left: ReadonlySet<string> | undefined): string[] =>
    endpoints.flatMap((endpoint) => (left?.has(endpoint.id) === true || isAway(endpoint) ? [endpoint.id] : []));

  const make = async (requirements: Requirements, around: Surroundings, away: readonly string[]): Promise<Plan> => {
    const { catalog } = around;
    const { domain, subDomain } = requirements;
    const known = domain === undefined ? undefined : requireDomain(catalog, domain, subDomain);
    const calibration = known && (await source.calibration(known.id, catalog));
    const recommendation = atBest({
      ...around,
      requirements,
      calibration,
      memoryCeilingBytes,
      failed: failed(),
      presence,
      canAsk,
      away: new Set(away),
    });
    const leftOut = [...missing(around)];
    const here = recommendation.ladder.flatMap(({ tier }) => (tier.kind === 'local' ? [tier.model.flopsPerToken] : []));
    const weakened = catalog.models.some(
      ({ id, flopsPerToken }) => leftOut.includes(id) && flopsPerToken > Math.max(0, ...here),
    );
    const ladderRevision = known?.ladderRevision;
    const narrower = known ? narrowerDomains(catalog, known.id) : [];
    return { ...recommendation, leftOut, weakened, narrower, catalogRevision: catalog.revision, ladderRevision };
  };

  return {
    usableBytes: () =>
      surroundings === undefined ? Infinity : usableMemory({ ...surroundings, memoryCeilingBytes }).bytes,
    usableCores: () => surroundings?.profile.cpu.usableCores ?? 1,
    async plan(request, signal, left, only) {
      const requirements = requirementsOf(straightTo(request, source.current()), only);
      const around = await current(signal);
      const away = awayFrom(around, left);
      const key = JSON.stringify(away.length === 0 ? requirements : [requirements, away]);
      const fresh = plans;
      const kept = fresh.get(key);
      if (kept) return kept;
      const proposed = await make(requirements, around, away);
      const state = settle({
        state: states.get(key),
        proposed,
        same: sameLadder,
        stillFits: (plan) =>
          plan.catalogRevision === around.catalog.revision &&
          fits(plan, usableMemory({ ...around, memoryCeilingBytes }).bytes, failed(), missing(around)) &&
          trusts(plan, around.demoted) &&
          // What was measured stays as it is: there is nothing to wait for.
          !hasLostRace(plan.ladder, proposed.ladder, around),
        nowMs: clock.nowMs(),
        holdMs: HOLD_MS,
      });
      keep(states, key, state);
      keep(fresh, key, state.current);
      return state.current;
    },
    failed,
    avoid(tier) {
      failures.set(tier, clock.nowMs());
      plans = new Map();
    },
    review() {
      // What was last seen still holds for memory and cores.
      stale = true;
      generation++;
      plans = new Map();
    },
  };
}

/**
 * Never nothing: a deadline that no tier can meet still gets an answer, late, and where every tier failed
 * lately they are tried again. But where somebody else has chosen the tiers, they are as they are.
 */
function atBest(input: Parameters<typeof recommendBounded>[0]): BoundedRecommendation {
  try {
    return recommendBounded(input);
  } catch (error) {
    if (!NoTierFitsError.isInstance(error)) throw error;
    const { requirements } = input;
    // Whoever chose those tiers is told, so that another one may answer in time.
    if (requirements.only) throw error;
    if (requirements.deadlineMs !== undefined) {
      return atBest({ ...input, requirements: { ...requirements, deadlineMs: undefined } });
    }
    if (input.failed.size > 0) return atBest({ ...input, failed: new Set() });
    throw error;
  }
}

const sameLadder = (a: Plan, b: Plan): boolean =>
  a.ladder.length === b.ladder.length &&
  a.ladder.every(({ tier }, i) => variantIdOf(tier) === variantIdOf(b.ladder[i]!.tier));

const trusts = ({ ladder }: Plan, demoted: readonly Demotion[]): boolean =>
  !ladder.some(({ tier, estimate }) =>
    demoted.some(({ variantId, provider }) => variantId === variantIdOf(tier) && provider === estimate.provider),
  );

/** A plan that was forced by a failure ends with the failure. */
function fits(
  { ladder, leftOut }: Plan,
  usableBytes: number,
  failed: ReadonlySet<string>,
  missing: ReadonlySet<string>,
): boolean {
  const bytes = ladder.reduce((sum, { estimate }) => sum + estimate.memoryBytes, 0);
  return (
    bytes <= usableBytes &&
    ladder.every(({ tier }) => !failed.has(tier.id)) &&
    leftOut.every((tier) => missing.has(tier))
  );
}

function keep<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size >= MAX_PLANS && !map.has(key)) map.delete(map.keys().next().value!);
  map.set(key, value);
}
