import type { LadderCalibration } from '../catalog/calibration.js';
import type { Evidence, Judgement } from '../judge/judge.js';
import type { RatedTier } from '../recommend/choose-ladder.js';
import { climbOptions } from './climb-utility.js';

/** Why the best answer so far is returned although more was wanted. */
export type Degradation = 'deadline' | 'tier-failed';

export type Next =
  | {
      readonly kind: 'climb';
      readonly rung: RatedTier;
      readonly reason: Extract<Judgement, { kind: 'escalate' }>['reason'] | 'utility';
      readonly gain: number | undefined;
    }
  | {
      readonly kind: 'stop';
      readonly verdict: 'accept' | 'abstain';
      readonly reason:
        | 'sure-enough'
        | 'cut-short'
        | 'not-worth-it'
        | 'top'
        | 'confidence'
        | 'risk'
        | 'uncertified'
        | 'language';
      readonly degraded: Degradation | undefined;
    };

export interface EscalateInput {
  readonly judgement: Judgement;
  /** Whether the request asks for a bound: then a walk cut short may not accept. */
  readonly bounded: boolean;
  readonly evidence: Evidence;
  readonly ladder: readonly RatedTier[];
  readonly calibration: LadderCalibration | undefined;
  /** Milliseconds until the deadline; Infinity without one. */
  readonly leftMs: number;
  /** What has to be loaded before a rung can run, in milliseconds; 0 when it is loaded. */
  readonly loadMsOf: (rung: RatedTier) => number;
  /** Whether a rung's languages cover the script of the text. */
  readonly canRead: (rung: RatedTier) => boolean;
  /** Rungs that failed during this request or are cooling down. */
  readonly failed: ReadonlySet<string>;
}

/**
 * Accept, climb to some higher rung (skipping is allowed) or return the best so far. Below the demanded
 * confidence a climb is a must; above it, only what is worth its price. Pure.
 */
export function escalate(input: EscalateInput): Next {
  const { judgement, ladder, failed, leftMs, loadMsOf, canRead } = input;
  const last = input.evidence.testimonies.at(-1)?.tier.id;
  const lastIndex = ladder.findIndex(({ tier }) => tier.id === last);
  const above = ladder.slice(lastIndex + 1).filter((rung) => canRead(rung));
  const working = above.filter(({ tier }) => !failed.has(tier.id));
  const inTime = working.filter((rung) => rung.estimate.p95Ms + loadMsOf(rung) <= leftMs);
  const [best] = rank(inTime, input);
  const worthIt = best !== undefined && (best.utility ?? 0) > 0;
  if (best && (judgement.kind === 'escalate' || worthIt)) {
    const reason = judgement.kind === 'escalate' ? judgement.reason : 'utility';
    return { kind: 'climb', rung: best.rung, reason, gain: best.gain };
  }
  const missed = wouldHaveClimbed(input, working.length > inTime.length ? working : above);
  const degraded =
    leftMs < 0 || (missed && working.length > inTime.length)
      ? 'deadline'
      : missed && above.length > working.length
        ? 'tier-failed'
        : undefined;
  if (judgement.kind === 'escalate' && judgement.reason !== 'uncalibrated')
    return stop('abstain', judgement.reason, degraded);
  if (degraded) return input.bounded ? stop('abstain', 'uncertified', degraded) : stop('accept', 'cut-short', degraded);
  return stop('accept', above.length === 0 ? 'top' : input.calibration ? 'not-worth-it' : 'sure-enough');
}

interface Ranked {
  readonly rung: RatedTier;
  /** Undefined where no calibration says what the rung would add. */
  readonly utility: number | undefined;
  readonly gain: number | undefined;
}

/** Rungs by what they are worth; without a calibration, in ladder order. */
function rank(rungs: readonly RatedTier[], { judgement, evidence, calibration }: EscalateInput): Ranked[] {
  const confidence = judgement.confidence;
  if (!calibration || !evidence.calibration || confidence === undefined) {
    return rungs.map((rung) => ({ rung, utility: undefined, gain: undefined }));
  }
  const options = climbOptions({
    confidence,
    climbs: evidence.calibration.climbs,
    exchangeRate: calibration.exchangeRate,
    costOf: (tier) => calibration.relativeCosts[calibration.tiers.indexOf(tier)] ?? 0,
  });
  return options.flatMap(({ tier, utility, expected }) => {
    const rung = rungs.find((each) => each.tier.id === tier);
    return rung ? [{ rung, utility, gain: expected - confidence }] : [];
  });
}

/** Whether the answer is worse for the rungs that could not be used. */
function wouldHaveClimbed(input: EscalateInput, rungs: readonly RatedTier[]): boolean {
  const [best] = rank(rungs, input);
  return best !== undefined && (input.judgement.kind === 'escalate' || (best.utility ?? 0) > 0);
}

function stop(
  verdict: 'accept' | 'abstain',
  reason: Extract<Next, { kind: 'stop' }>['reason'],
  degraded?: Degradation,
): Next {
  return { kind: 'stop', verdict, reason, degraded };
}
