import { isFromMemory } from '../../evaluate/from-memory.js';
import type { Ledger, OutcomeRecord } from '../../ports/ledger.js';
import { Remembered } from '../controller/remembered.js';
import type { RewardRecord } from '../rewards/reward-record.js';
import { judgePilot, type BaselineFound } from './judge-pilot.js';
import type { PilotPlan, PilotReport } from './pilot-plan.js';
import { PilotSide } from './pilot-side.js';

/** A record that was written twice counts once; copies lie close to each other, so that not all have to be remembered. */
const REMEMBERED = 100_000;

/** Where a pilot's numbers come from. */
export interface PilotSources {
  readonly ledger: Pick<Ledger, 'review'>;
  /** What checks and audits found, of that time and later. */
  readonly rewards: (sinceWallMs: number) => AsyncIterable<readonly RewardRecord[]>;
}

/**
 * Judges a pilot by what the ledger has of its time, and of the time before or the control group where it is compared with
 * those. Outcomes are read in pages and added up; only what checks and audits found is held in memory.
 * @throws StorageError when they cannot be read @throws the reason of `signal` when it aborts
 */
export async function readPilot({
  plan,
  sources,
  atWallMs,
  signal,
}: {
  readonly plan: PilotPlan;
  readonly sources: PilotSources;
  readonly atWallMs: number;
  readonly signal?: AbortSignal | undefined;
}): Promise<PilotReport> {
  const { baseline, domain } = plan;
  const [outcomes, compared] = [new PilotSide(), new PilotSide()];
  const sinceWallMs = Math.min(plan.fromWallMs, baseline.kind === 'period' ? baseline.fromWallMs : Infinity);
  const looks = await readLooks(sources, sinceWallMs);
  const seen = new Remembered(REMEMBERED);
  for await (const page of sources.ledger.review({ sinceWallMs, ...(domain !== undefined && { domain }) })) {
    signal?.throwIfAborted();
    for (const reviewed of page) {
      // The cache answers the same whichever side is asked.
      if (isFromMemory(reviewed.outcome)) continue;
      const side = sideOf(reviewed.outcome, plan);
      if (side === 'neither' || !seen.add(reviewed.outcome.requestId)) continue;
      (side === 'pilot' ? outcomes : compared).add(reviewed, looks.get(reviewed.outcome.requestId) ?? []);
    }
  }
  const found: BaselineFound =
    baseline.kind === 'figures' ? { kind: 'figures', figures: baseline.figures } : { kind: 'side', side: compared };
  return judgePilot({ plan, outcomes, baseline: found, atWallMs });
}

async function readLooks({ rewards }: PilotSources, sinceWallMs: number): Promise<Map<string, RewardRecord[]>> {
  const looks = new Map<string, RewardRecord[]>();
  for await (const page of rewards(sinceWallMs)) {
    for (const record of page) {
      if (record.source === 'feedback') continue;
      looks.set(record.requestId, [...(looks.get(record.requestId) ?? []), record]);
    }
  }
  return looks;
}

function sideOf(
  { atWallMs, decisions }: OutcomeRecord,
  { baseline, fromWallMs, toWallMs }: PilotPlan,
): 'pilot' | 'baseline' | 'neither' {
  if (atWallMs >= fromWallMs && atWallMs < toWallMs) {
    if (baseline.kind !== 'control') return 'pilot';
    const route = decisions.find(({ stage }) => stage === 'route');
    // What was not routed was not drawn for either group.
    if (!route) return 'neither';
    return route.chosen === baseline.model ? 'baseline' : 'pilot';
  }
  const isBefore = baseline.kind === 'period' && atWallMs >= baseline.fromWallMs && atWallMs < baseline.toWallMs;
  return isBefore ? 'baseline' : 'neither';
}
