import type { LadderCalibration } from '../catalog/calibration.js';
import { calibratedAs } from '../catalog/tier.js';
import type { Evidence, Judgement } from '../judge/judge.js';
import type { RatedTier } from '../recommend/choose-ladder.js';
import { climbOptions } from './climb-utility.js';

/** Why the best answer so far is returned although more was wanted. */
export type Degradation = 'deadline' | 'tier-failed' | 'offline' | 'cost';

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
        | 'language'
        | 'drift';
      readonly degraded: Degradation | undefined;
    };

export interface EscalateInput {
  readonly judgement: Judgement;
  /** Whether the request asks for a bound: then a walk cut short may not accept. */
  readonly bounded: boolean;
  /** Whether it asks for a bound or a confidence: then nobody may accept who is not trusted. */
  readonly demanding: boolean;
  readonly evidence: Evidence;
  readonly ladder: readonly RatedTier[];
  readonly calibration: LadderCalibration | undefined;
  /** Milliseconds until the deadline; Infinity without one. */
  readonly leftMs: number;
  /** What has to be loaded before a rung can run, in milliseconds; 0 when it is loaded, less when it runs already. */
  readonly loadMsOf: (rung: RatedTier) => number;
  /** Whether a rung's languages cover the script of the text. */
  readonly canRead: (rung: RatedTier) => boolean;
  /** Why a rung cannot be used, whatever time is left; undefined when it can. */
  readonly closed: (rung: RatedTier) => Exclude<Degradation, 'deadline'> | undefined;
  /** What a right answer is worth, in US dollars; no climb that costs money is weighed without it. */
  readonly valueUsd?: number;
}

/**
 * Accept, climb to some higher rung (skipping is allowed) or return the best so far. Below the demanded
 * confidence a climb is a must; above it, only what is worth its price. Pure.
 */
export function escalate(input: EscalateInput): Next {
  const { judgement, ladder, closed, leftMs, loadMsOf, canRead, bounded, demanding } = input;
  const last = input.evidence.testimonies.at(-1)?.tier.id;
  const lastIndex = ladder.findIndex(({ tier }) => tier.id === last);
  const above = ladder.slice(lastIndex + 1).filter((rung) => canRead(rung) && mayKeep(rung, input));
  const working = above.filter((rung) => closed(rung) === undefined);
  const inTime = working.filter((rung) => rung.estimate.p95Ms + loadMsOf(rung) <= leftMs);
  const best = wanted(inTime, input);
  if (best) {
    const reason = judgement.kind === 'escalate' ? judgement.reason : 'utility';
    return { kind: 'climb', rung: best.rung, reason, gain: best.gain };
  }
  const degraded = whatWasMissed(input, { above, working, inTime });
  const why = judgement.kind === 'escalate' ? judgement.reason : 'uncalibrated';
  if (why !== 'uncalibrated' && (why !== 'drift' || demanding)) return stop('abstain', why, degraded);
  if (degraded) return bounded ? stop('abstain', 'uncertified', degraded) : stop('accept', 'cut-short', degraded);
  return stop('accept', above.length === 0 ? 'top' : input.calibration ? 'not-worth-it' : 'sure-enough');
}

/** What nobody measured can keep no bound: asking it would cost and change nothing. */
export const mayKeep = (
  rung: RatedTier,
  { bounded, calibration }: Pick<EscalateInput, 'bounded' | 'calibration'>,
): boolean => !(bounded && isUnmeasured(rung, { calibration }));

interface Rungs {
  readonly above: readonly RatedTier[];
  readonly working: readonly RatedTier[];
  readonly inTime: readonly RatedTier[];
}

/** Why a rung that was wanted could not be used; undefined when the answer is as good as it would have been. */
function whatWasMissed(input: EscalateInput, { above, working, inTime }: Rungs): Degradation | undefined {
  if (input.leftMs < 0) return 'deadline';
  if (working.length > inTime.length && wanted(working, input)) return 'deadline';
  const missed = wanted(above, input);
  return missed && (input.closed(missed.rung) ?? above.map(input.closed).find((why) => why !== undefined));
}

interface Ranked {
  readonly rung: RatedTier;
  /** Undefined where no calibration says what the rung would add. */
  readonly utility: number | undefined;
  readonly gain: number | undefined;
}

/** The rung to climb to: a must below what is demanded, and otherwise only if it is worth its price. */
function wanted(rungs: readonly RatedTier[], input: EscalateInput): Ranked | undefined {
  const [best] = rank(rungs, input);
  return best && (input.judgement.kind === 'escalate' || (best.utility ?? 0) > 0) ? best : undefined;
}

/** Rungs by what they are worth, then those of which nobody knows it, in ladder order. */
function rank(rungs: readonly RatedTier[], input: EscalateInput): Ranked[] {
  const { evidence, calibration, valueUsd = Infinity } = input;
  const { confidence } = input.judgement;
  if (!calibration || !evidence.calibration || confidence === undefined) return rungs.map(unmeasured);
  const rungOf = (tier: string): RatedTier | undefined => rungs.find((each) => calibratedAs(each.tier) === tier);
  const options = climbOptions({
    confidence,
    climbs: evidence.calibration.climbs,
    exchangeRate: calibration.exchangeRate,
    costOf: (tier) => calibration.relativeCosts[calibration.tiers.indexOf(tier)] ?? 0,
    priceOf: (tier) => (rungOf(tier)?.estimate.costUsd ?? 0) / valueUsd,
  });
  const ranked = options.flatMap(({ tier, utility, expected }) => {
    const rung = rungOf(tier);
    return rung ? [{ rung, utility, gain: expected - confidence }] : [];
  });
  return [...ranked, ...rungs.filter((rung) => isUnmeasured(rung, input)).map(unmeasured)];
}

const unmeasured = (rung: RatedTier): Ranked => ({ rung, utility: undefined, gain: undefined });

/** A rung of which the calibration in use says nothing. */
const isUnmeasured = ({ tier }: RatedTier, { calibration }: Pick<EscalateInput, 'calibration'>): boolean =>
  tier.kind === 'remote' && calibration?.tiers.includes(calibratedAs(tier)) !== true;

function stop(
  verdict: 'accept' | 'abstain',
  reason: Extract<Next, { kind: 'stop' }>['reason'],
  degraded?: Degradation,
): Next {
  return { kind: 'stop', verdict, reason, degraded };
}
