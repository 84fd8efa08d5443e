import type { LadderCalibration } from '../catalog/calibration.js';
import { calibratedAs } from '../catalog/tier.js';
import { mayKeep } from './escalate.js';
import type { Certificate } from '../judge/risk-control.js';
import type { RatedTier } from '../recommend/choose-ladder.js';

/** From this share of requests on a climb is likely enough to begin it before it is known to be wanted. */
const LIKELY = 0.1;
/** Where nothing was measured a climb is as likely as not. */
const UNKNOWN = 0.5;
/** A right answer more is what a climb gives at best in this share of the cases in which it is made. */
const LIKELY_GAIN = 0.25;

/**
 * The rung to ask together with the first one: where the time left does not allow one after the other, and a climb is
 * likely. Whichever is not needed is cancelled. Pure.
 */
export function startAhead({
  rung,
  ladder,
  calibration,
  certificate,
  leftMs,
  valueUsd,
  loadMsOf,
  canRead,
  bounded,
  closed,
}: {
  /** The rung that is about to run. */
  rung: RatedTier;
  ladder: readonly RatedTier[];
  calibration: LadderCalibration | undefined;
  certificate: Certificate | undefined;
  leftMs: number;
  /** What a right answer is worth, in US dollars. */
  valueUsd: number;
  loadMsOf: (rung: RatedTier) => number;
  canRead: (rung: RatedTier) => boolean;
  /** Whether the request asks for a bound. */
  bounded: boolean;
  closed: (rung: RatedTier) => unknown;
}): RatedTier | undefined {
  if (leftMs === Infinity) return undefined;
  const above = ladder.slice(ladder.indexOf(rung) + 1);
  const mayClimbTo = (each: RatedTier): boolean =>
    mayKeep(each, { bounded, calibration }) && closed(each) === undefined;
  const next = above.find((each) => each.tier.kind === 'remote' && mayClimbTo(each));
  if (!next || next.estimate.p95Ms > leftMs) return undefined;
  const oneAfterTheOtherMs = rung.estimate.p95Ms + loadMsOf(rung) + next.estimate.p95Ms;
  if (oneAfterTheOtherMs <= leftMs) return undefined;
  const likely = likelihood(next, calibration, certificate);
  if (likely < LIKELY || next.estimate.costUsd > likely * LIKELY_GAIN * valueUsd) return undefined;
  // Last, as the text is read for it.
  return canRead(next) ? next : undefined;
}

/** The share of requests that climb to a rung. */
function likelihood(
  { tier }: RatedTier,
  calibration: LadderCalibration | undefined,
  certificate: Certificate | undefined,
): number {
  const index = calibration?.tiers.indexOf(calibratedAs(tier)) ?? -1;
  const called = calibration?.operating.calls[index] ?? UNKNOWN;
  return certificate ? Math.max(called, 1 - certificate.coverage) : called;
}
