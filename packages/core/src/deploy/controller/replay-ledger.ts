import { isFromMemory } from '../../evaluate/from-memory.js';
import type { ReviewedOutcome } from '../../ports/ledger.js';
import type { DeploymentSettings } from '../deployed-model.js';
import type { WindowRecord } from '../deployment-state.js';
import { costOf } from '../rewards/cost-of.js';
import type { RewardRecord } from '../rewards/reward-record.js';
import { rewardOf } from '../rewards/rewards-of.js';
import { routedEnd, routedTo, windowOf } from '../rewards/routed-outcome.js';
import type { Arms } from './arms.js';
import type { PlanningPorts } from './controller-ports.js';
import { NO_TALLY, type WindowTally } from './window-tally.js';

/** What a routed request was worth and what it cost. */
interface Sample {
  readonly requestId: string;
  readonly arm: number;
  readonly costUsd: number;
  readonly reward: number;
  /** 0 where nobody knows its reward. */
  readonly weight: number;
}

/** Outcomes that are looked at: what is older says little of today. */
const LATEST = 100_000;

export interface Replayed {
  /** Requests whose reward counts already. */
  readonly rewarded: readonly string[];
  /** Requests of the latest time of a window. */
  readonly lately: number;
  /** Of the window under way, as far as the ledger has it: what audits cost is not told apart there. */
  readonly tally: WindowTally;
}

/** Tells statistics what the ledger knows, oldest first, each request once. */
export async function replayLedger({
  ledger,
  store,
  settings,
  arms,
  window,
  clock,
  latest = LATEST,
}: Pick<PlanningPorts, 'ledger' | 'store' | 'clock'> & {
  readonly settings: DeploymentSettings;
  readonly arms: Arms;
  readonly window?: WindowRecord | undefined;
  readonly latest?: number;
}): Promise<Replayed> {
  const records = await rewardsByRequest(store);
  const samples: Sample[] = [];
  const seen = new Set<string>();
  const { domain, windowMs } = settings;
  const sinceWallMs = clock.wallMs() - windowMs;
  let lately = 0;
  let tally: WindowTally = window ? { asked: 0, spentUsd: window.fixedUsd } : NO_TALLY;
  for await (const page of ledger.review(domain === undefined ? {} : { domain })) {
    for (const reviewed of page) {
      const { requestId } = reviewed.outcome;
      // What the cache answered was routed to nobody.
      if (seen.has(requestId) || isFromMemory(reviewed.outcome)) continue;
      seen.add(requestId);
      if (reviewed.outcome.atWallMs >= sinceWallMs) lately++;
      // A deployment whose state was lost counts its windows from 1 again.
      const { atWallMs } = reviewed.outcome;
      if (window && windowOf(reviewed.outcome) === window.id && atWallMs >= window.fromWallMs) {
        tally = { asked: tally.asked + 1, spentUsd: tally.spentUsd + costOf(reviewed.outcome, settings.rates) };
      }
      const sample = sampleOf(reviewed, { settings, arms, records: records.get(requestId) ?? [] });
      if (sample) samples.push(sample);
    }
    if (seen.size >= latest) break;
  }
  for (const { arm, costUsd, reward, weight } of samples.toReversed()) {
    arms.statistics.cost(arm, costUsd);
    if (weight > 0) arms.statistics.reward(arm, reward, weight);
  }
  return { rewarded: samples.flatMap(({ requestId, weight }) => (weight > 0 ? [requestId] : [])), lately, tally };
}

function sampleOf(
  { outcome, feedback }: ReviewedOutcome,
  { settings, arms, records }: { settings: DeploymentSettings; arms: Arms; records: readonly RewardRecord[] },
): Sample | undefined {
  const arm = arms.numberOf(routedTo(outcome) ?? '');
  if (arm === undefined) return undefined;
  const end = routedEnd(outcome, arms.models[arm]!.path);
  if (end === 'elsewhere') return undefined;
  const fair = rewardOf({ end, feedback, records }, settings);
  const costUsd = costOf(outcome, settings.rates);
  return { requestId: outcome.requestId, arm, costUsd, reward: fair?.reward ?? 0, weight: fair?.weight ?? 0 };
}

async function rewardsByRequest(store: PlanningPorts['store']): Promise<ReadonlyMap<string, readonly RewardRecord[]>> {
  const found = new Map<string, RewardRecord[]>();
  for await (const page of store.rewards(0)) {
    for (const record of page) {
      const others = found.get(record.requestId);
      if (others) others.push(record);
      else found.set(record.requestId, [record]);
    }
  }
  return found;
}
