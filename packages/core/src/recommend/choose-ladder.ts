import type { Calibration, LadderCalibration } from '../catalog/calibration.js';
import { findLadder } from '../catalog/find-ladder.js';
import { calibratedAs, tierIdentity, variantNameOf, type LocalTier, type Tier } from '../catalog/tier.js';
import type { Estimate } from './estimate.js';
import { bothMilliseconds, mebibytes, type Rejection } from './reasons.js';

export interface RatedTier {
  readonly tier: Tier;
  readonly estimate: Estimate;
}

/** A rung that this device runs. */
export interface LocalRung extends RatedTier {
  readonly tier: LocalTier;
}

export const isLocalRung = (rung: RatedTier): rung is LocalRung => rung.tier.kind === 'local';

export interface LadderChoice {
  /** Lightest first. */
  readonly tiers: readonly RatedTier[];
  readonly calibration: LadderCalibration | undefined;
  /** Mean time of a request, in milliseconds, from the calls seen while calibrating. */
  readonly meanMs: number;
  /** Rungs left out, each with what it would have cost. */
  readonly dropped: readonly Rejection[];
}

/** Two ladders this close in what they can answer under a bound are equally useful. */
const COVERAGE_TOLERANCE = 0.03;
/** Two ladders this close in accuracy are equally right. */
const ACCURACY_TOLERANCE = 0.005;

interface Given {
  readonly calibration: Calibration | undefined;
  readonly usableBytes: number;
  /** Share of requests a ladder can answer under the bound that was asked for; none without a bound. */
  readonly coverageOf: ((ladder: LadderCalibration) => number) | undefined;
}

/**
 * The cheapest ladder, on this device, that is about as right as the best one that fits in memory
 * together. Rungs that only add time are dropped and named. What others run and nobody measured stands above all
 * that was: it is asked when nothing below is good enough. Pure.
 * @param rated feasible tiers, one a model, lightest first; not empty
 */
export function chooseLadder(rated: readonly RatedTier[], given: Given): LadderChoice {
  const beyond = rated.filter((each) => isUnmeasured(each, given.calibration));
  const own = rated.filter((each) => !isUnmeasured(each, given.calibration));
  if (own.length === 0) {
    return { tiers: beyond, calibration: undefined, meanMs: beyond[0]!.estimate.latencyMs, dropped: [] };
  }
  const chosen = chooseMeasured(own, given);
  return { ...chosen, tiers: [...chosen.tiers, ...beyond] };
}

function chooseMeasured(rated: readonly RatedTier[], { calibration, usableBytes, coverageOf }: Given): LadderChoice {
  const options = subsets(rated)
    .filter((tiers) => memoryOf(tiers) <= usableBytes)
    .flatMap((tiers) => {
      const found =
        tiers.every((each) => isCalibrated(each.tier, calibration)) &&
        findLadder(
          calibration,
          tiers.map(({ tier }) => calibratedAs(tier)),
        );
      return found
        ? [
            {
              tiers,
              calibration: found,
              meanMs: meanMs(tiers, found),
              accuracy: found.operating.accuracy,
              coverage: coverageOf?.(found) ?? 1,
            },
          ]
        : [];
    });
  if (options.length === 0) return uncalibrated(rated, calibration, usableBytes);
  const bestCoverage = Math.max(...options.map(({ coverage }) => coverage));
  const useful = options.filter(({ coverage }) => coverage >= bestCoverage - COVERAGE_TOLERANCE);
  const bestAccuracy = Math.max(...useful.map(({ accuracy }) => accuracy));
  const [cheapest] = useful
    .filter(({ accuracy }) => accuracy >= bestAccuracy - ACCURACY_TOLERANCE)
    .toSorted((a, b) => a.meanMs - b.meanMs);
  const chosen = cheapest!;
  const left = rated.filter((each) => !chosen.tiers.includes(each));
  const dropped = left.map((each) => {
    const together = [...chosen.tiers, each].toSorted((a, b) => rated.indexOf(a) - rated.indexOf(b));
    const withIt = options.find(({ tiers }) => sameTiers(tiers, together));
    return rejection(each, whyDropped(each, chosen, withIt, calibration, memoryOf(together), usableBytes));
  });
  return { tiers: chosen.tiers, calibration: chosen.calibration, meanMs: chosen.meanMs, dropped };
}

/** What others run and nobody measured. */
export const isUnmeasured = ({ tier }: RatedTier, calibration: Calibration | undefined): boolean =>
  tier.kind === 'remote' && !isCalibrated(tier, calibration);

/** What was measured of one variant and delta is not known of another. */
export function isCalibrated(tier: Tier, calibration: Calibration | undefined): boolean {
  const made = calibration?.tiers[calibratedAs(tier)];
  const { variant, delta } = tierIdentity(tier);
  return made !== undefined && made.variant === variant && made.delta === delta;
}

interface Option {
  readonly tiers: readonly RatedTier[];
  readonly meanMs: number;
  readonly accuracy: number;
}

function whyDropped(
  { tier }: RatedTier,
  chosen: Option,
  withIt: Option | undefined,
  calibration: Calibration | undefined,
  memoryBytes: number,
  usableBytes: number,
): Pick<Rejection, 'code' | 'message'> {
  if (calibration && !isCalibrated(tier, calibration)) {
    return {
      code: 'uncalibrated',
      message: 'the calibration of the domain does not know this variant; run `terrace calibrate`',
    };
  }
  if (!withIt && memoryBytes > usableBytes) {
    return {
      code: 'memory',
      message: `with the other rungs it needs ${mebibytes(memoryBytes)} of ${mebibytes(usableBytes)}`,
    };
  }
  const points = (withIt ? withIt.accuracy - chosen.accuracy : 0) * 100;
  const [ms, chosenMs] = bothMilliseconds(withIt?.meanMs ?? 0, chosen.meanMs);
  const cost = withIt ? `${ms} a request ${ms === chosenMs ? 'as well' : `instead of ${chosenMs}`}` : 'more time';
  return { code: 'dominated', message: `with it the ladder takes ${cost} for ${points.toFixed(1)} points of accuracy` };
}

/** Without a calibration nothing is known of accuracy: every rung that fits together with the lighter ones. */
function uncalibrated(
  rated: readonly RatedTier[],
  calibration: Calibration | undefined,
  usableBytes: number,
): LadderChoice {
  const tiers: RatedTier[] = [];
  const dropped: Rejection[] = [];
  for (const each of rated) {
    const memoryBytes = memoryOf([...tiers, each]);
    if (memoryBytes <= usableBytes) tiers.push(each);
    else
      dropped.push(
        rejection(
          each,
          whyDropped(each, { tiers, meanMs: 0, accuracy: 0 }, undefined, calibration, memoryBytes, usableBytes),
        ),
      );
  }
  return { tiers, calibration: undefined, meanMs: tiers[0]?.estimate.latencyMs ?? 0, dropped };
}

const rejection = ({ tier }: RatedTier, why: Pick<Rejection, 'code' | 'message'>): Rejection => ({
  tier: tier.id,
  variant: variantNameOf(tier),
  ...why,
});

const memoryOf = (tiers: readonly RatedTier[]): number =>
  tiers.reduce((sum, { estimate }) => sum + estimate.memoryBytes, 0);

const meanMs = (tiers: readonly RatedTier[], { operating }: LadderCalibration): number =>
  tiers.reduce((sum, { estimate }, i) => sum + estimate.latencyMs * operating.calls[i]!, 0);

const sameTiers = (a: readonly RatedTier[], b: readonly RatedTier[]): boolean =>
  a.length === b.length && a.every((each, i) => each.tier.id === b[i]!.tier.id);

/** Every non-empty subset, order kept. The number of tiers on one device is small. */
function subsets(rated: readonly RatedTier[]): RatedTier[][] {
  return rated.reduce<RatedTier[][]>((all, each) => [...all, ...all.map((set) => [...set, each]), [each]], []);
}
