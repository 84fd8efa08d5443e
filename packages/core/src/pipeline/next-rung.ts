import type { LadderCalibration } from '../catalog/calibration.js';
import { climbOptions } from '../escalate/climb-utility.js';
import type { Degradation, Next } from '../escalate/escalate.js';
import type { Judgement } from '../judge/judge.js';
import type { PipelineEvidence } from './pipeline-evidence.js';
import type { PipelineTier } from './pipeline-tier.js';

export type NextRung =
  | { readonly kind: 'climb'; readonly tier: PipelineTier; readonly reason: string; readonly gain: number | undefined }
  | Extract<Next, { kind: 'stop' }>;

interface NextInput {
  readonly judgement: Judgement;
  readonly evidence: PipelineEvidence;
  /** Rungs above the last one that answered, as they stand in the ladder. */
  readonly above: readonly PipelineTier[];
  readonly failed: ReadonlySet<string>;
  readonly calibration: LadderCalibration | undefined;
  readonly bounded: boolean;
  /** Milliseconds until the deadline; Infinity without one. */
  readonly leftMs: number;
  /** What a run of a rung took of late; 0 where nobody knows. */
  readonly msOf: (tier: PipelineTier) => number;
}

/**
 * Accept, climb, or return the best so far: what `escalate` does with rungs of the catalog, for rungs of which only
 * their time and their calibration are known. Pure.
 */
export function nextRung(input: NextInput): NextRung {
  const { judgement, above, failed, leftMs, msOf, bounded } = input;
  const working = above.filter(({ id }) => !failed.has(id));
  const inTime = working.filter((tier) => msOf(tier) <= leftMs);
  const best = wanted(inTime, input);
  const reason = judgement.kind === 'escalate' ? judgement.reason : undefined;
  if (best && leftMs > 0) return { kind: 'climb', reason: reason ?? 'utility', ...best };
  const degraded = whatWasMissed(input, { working, inTime });
  if (reason !== undefined && reason !== 'uncalibrated') return { kind: 'stop', verdict: 'abstain', reason, degraded };
  if (degraded === undefined)
    return { kind: 'stop', verdict: 'accept', reason: above.length === 0 ? 'top' : 'sure-enough', degraded };
  return bounded
    ? { kind: 'stop', verdict: 'abstain', reason: 'uncertified', degraded }
    : { kind: 'stop', verdict: 'accept', reason: 'cut-short', degraded };
}

function whatWasMissed(
  input: NextInput,
  { working, inTime }: { readonly working: readonly PipelineTier[]; readonly inTime: readonly PipelineTier[] },
): Degradation | undefined {
  if (!wanted(input.above, input)) return undefined;
  if (input.leftMs <= 0 || working.length > inTime.length) return 'deadline';
  return working.length < input.above.length ? 'tier-failed' : undefined;
}

/** A must below what is demanded, in the order of the ladder unless a calibration knows better; else what is worth it. */
function wanted(
  rungs: readonly PipelineTier[],
  { judgement, evidence, calibration }: NextInput,
): { readonly tier: PipelineTier; readonly gain: number | undefined } | undefined {
  const isMust = judgement.kind === 'escalate';
  const { confidence } = judgement;
  if (!calibration || !evidence.calibration || confidence === undefined)
    return isMust && rungs[0] ? { tier: rungs[0], gain: undefined } : undefined;
  const options = climbOptions({
    confidence,
    climbs: evidence.calibration.climbs,
    exchangeRate: calibration.exchangeRate,
    costOf: (tier) => calibration.relativeCosts[calibration.tiers.indexOf(tier)] ?? 0,
  });
  for (const { tier: id, utility, expected } of options) {
    const tier = rungs.find((each) => each.id === id);
    if (tier && (isMust || utility > 0)) return { tier, gain: expected - confidence };
  }
  return isMust && rungs[0] ? { tier: rungs[0], gain: undefined } : undefined;
}
