import { lowerBound, upperBound } from '../../evaluate/binomial.js';
import type { Interval } from '../../evaluate/bootstrap.js';
import type { Random } from '../../ports/random.js';
import type { Distribution } from './distribution.js';
import type { PilotMetric } from './pilot-plan.js';
import type { PilotSide } from './pilot-side.js';

/** Other samples that are drawn for an interval: of six KPIs together, eight lie outside on either side. */
const DRAWS = 2_000;

/** What one side shows of a metric. */
export interface Measured {
  readonly value: number | undefined;
  /** Requests, answers or labels it is known from. */
  readonly n: number;
  readonly spread: Spread;
}

/** How else it could have come out. */
type Spread =
  /** Of a share: an interval that misses with probability `delta` at most. */
  | { readonly kind: 'share'; interval(delta: number): Interval }
  /** Of an amount: what it is in other samples like this one. */
  | { readonly kind: 'samples'; readonly values: readonly number[] }
  /** A figure that somebody gave. */
  | { readonly kind: 'exact' };

export function measure(side: PilotSide, metric: PilotMetric, whose: 'audits' | 'feedback', random: Random): Measured {
  switch (metric) {
    case 'accuracy': {
      const { weight, weightSquares, right, n } = side.labels(whose);
      // As many labels of equal weight would say as much.
      const equal = weight === 0 ? 0 : weight ** 2 / weightSquares;
      return { ...shareOf(weight === 0 ? 0 : (right / weight) * equal, equal), n };
    }
    case 'errorShare':
      return shareOf(side.failed, side.requests);
    case 'leftDevice':
      return shareOf(side.leftDevice, side.requests);
    case 'costUsd':
      return amountOf(side.costUsd, 'mean', random);
    case 'energyJoules':
      return amountOf(side.energyJoules, 'mean', random);
    case 'p95Ms':
      return amountOf(side.latencyMs, 'p95', random);
    default:
      return metric satisfies never;
  }
}

/**
 * Clopper-Pearson, with the effective number where labels have weights: fractions are rounded to the side where the interval
 * is wider.
 * @see Korn and Graubard, Confidence intervals for proportions with small expected number of positive counts (1998)
 */
function shareOf(count: number, n: number): Measured {
  const trials = Math.floor(n + 1e-9);
  const share = n === 0 ? undefined : count / n;
  const of = (rate: number): number => rate * trials;
  return {
    value: share,
    n,
    spread: {
      kind: 'share',
      interval(delta) {
        if (share === undefined) return [0, 1];
        const few = Math.floor(of(share) + 1e-9);
        const fewOthers = Math.floor(of(1 - share) + 1e-9);
        // The bounds are summed from the rarer side, which is the shorter sum.
        return share <= 0.5
          ? [lowerBound(few, trials, delta / 2), upperBound(trials - fewOthers, trials, delta / 2)]
          : [1 - upperBound(trials - few, trials, delta / 2), 1 - lowerBound(fewOthers, trials, delta / 2)];
      },
    },
  };
}

function amountOf(distribution: Distribution, statistic: 'mean' | 'p95', random: Random): Measured {
  return {
    value: statistic === 'mean' ? distribution.mean : distribution.quantile(0.95),
    n: distribution.n,
    spread: { kind: 'samples', values: distribution.resample(statistic, DRAWS, random) },
  };
}
