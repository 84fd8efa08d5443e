import type { GridPoint } from '../catalog/calibration.js';
import { binomialCdf, upperBound } from '../evaluate/binomial.js';

/** Probability with which a certificate may be wrong, unless asked otherwise. */
export const DEFAULT_DELTA = 0.05;

/**
 * Coverages at which a walk may start, with the share of delta each one gets. Most of it goes to the
 * middle, where a walk has enough rows to certify and few confident errors before it.
 */
const STARTS: readonly { readonly coverage: number; readonly weight: number }[] = [
  { coverage: 0.4, weight: 3 },
  { coverage: 0.6, weight: 3 },
  { coverage: 0.8, weight: 1 },
  { coverage: 0.9, weight: 1 },
  { coverage: 0.95, weight: 1 },
];

export interface Certificate {
  readonly maxRisk: number;
  /** The certificate may be wrong with at most this probability. */
  readonly delta: number;
  /** Calibration rows accepted at the threshold. */
  readonly n: number;
  readonly wrong: number;
  /** Clopper-Pearson upper bound on P(wrong | accepted) at `delta`. */
  readonly riskUpperBound: number;
  readonly threshold: number;
  /** Share of calibration rows accepted. */
  readonly coverage: number;
}

/**
 * The loosest threshold whose P(wrong | accepted) is at most `maxRisk` with probability 1 - `delta`.
 *
 * Thresholds are tested strictest first by the exact binomial test. A walk that starts at the strictest
 * one alone would end at the first confident error, so delta is split over several starts; what a
 * rejected hypothesis leaves over is handed to the next threshold, and where every walk succeeds the
 * loosest thresholds are tested at the full delta. This is the fallback procedure, which controls the
 * family-wise error for any dependence between the tests.
 *
 * @param grid strictest threshold first
 * @returns undefined when nothing can be certified
 * @see Angelopoulos et al., Learn then Test (2021); Wiens and Dmitrienko, The fallback procedure (2005)
 */
export function certify({
  grid,
  rows,
  maxRisk,
  delta = DEFAULT_DELTA,
}: {
  grid: readonly GridPoint[];
  rows: number;
  maxRisk: number;
  delta?: number;
}): Certificate | undefined {
  const shares = startShares(grid, maxRisk, delta);
  let carried = 0;
  let best: GridPoint | undefined;
  grid.forEach((point, index) => {
    const level = carried + (shares.get(index) ?? 0);
    const rejected = level > 0 && binomialCdf(point.wrong, point.accepted, maxRisk) <= level;
    carried = rejected ? level : 0;
    if (rejected) best = point;
  });
  return best && certificate(best, { rows, maxRisk, delta });
}

/** Grid index to share of delta. A start where even zero errors could not certify would waste its share. */
function startShares(grid: readonly GridPoint[], maxRisk: number, delta: number): Map<number, number> {
  const starts = STARTS.map(({ coverage, weight }) => ({
    index: grid.findIndex((point) => point.coverage >= coverage),
    weight,
  })).filter(({ index }) => index >= 0);
  for (;;) {
    const total = starts.reduce((sum, { weight }) => sum + weight, 0);
    const hopeless = starts.findIndex(
      ({ index, weight }) => (1 - maxRisk) ** grid[index]!.accepted > (delta * weight) / total,
    );
    if (hopeless === -1) return new Map(starts.map(({ index, weight }) => [index, (delta * weight) / total]));
    starts.splice(hopeless, 1);
  }
}

function certificate(
  { threshold, accepted, wrong }: GridPoint,
  { rows, maxRisk, delta }: { rows: number; maxRisk: number; delta: number },
): Certificate {
  const riskUpperBound = upperBound(wrong, accepted, delta);
  return { maxRisk, delta, n: accepted, wrong, riskUpperBound, threshold, coverage: accepted / rows };
}

/**
 * Share of requests any method must abstain on when a model errs at `baseRisk`: coverage is best read
 * beside it.
 */
export function leastAbstention(baseRisk: number, maxRisk: number): number {
  return baseRisk <= maxRisk ? 0 : (baseRisk - maxRisk) / (1 - maxRisk);
}
