import { createShareSolver } from '../route/create-share-solver.js';
import { fitTogether, type Deployable } from './deployable.js';
import { HOURS_PER_MONTH, type Machine } from './machine.js';

/** Beyond this share of its time a machine has requests waiting for each other. */
const MOST_BUSY = 0.6;
const MS_PER_HOUR = 3_600_000;
/** Less than this is rounding. */
const LEAST_SHARE = 1e-6;
/** Of a bisection, until what is left of an interval is rounding. */
const STEPS = 44;

/** What a machine is used for: one deployable, or two with their shares. */
export interface Mix {
  readonly parts: readonly { readonly deployable: Deployable; readonly share: number }[];
  readonly accuracy: number;
  /** Calls of a mean request, in US dollars. */
  readonly costUsd: number;
}

/** Of the time that a machine has for a request, the share that this one takes; above 1 it cannot answer all of them. */
export const loadOf = ({ busyMs }: Deployable, requestsPerMonth: number): number =>
  (busyMs * requestsPerMonth) / (MOST_BUSY * HOURS_PER_MONTH * MS_PER_HOUR);

/** Each deployable by itself that the machine can answer all requests with. */
export const alone = (deployables: readonly Deployable[], requestsPerMonth: number): Mix[] =>
  deployables
    .filter((each) => loadOf(each, requestsPerMonth) <= 1)
    .map((deployable) => ({ parts: [{ deployable, share: 1 }], ...valueOf([[deployable, 1]]) }));

/**
 * The most accurate mix of two for calls of this much a request.
 * @returns undefined where none is within it, or where one alone is as good
 */
export function bestMix(
  deployables: readonly Deployable[],
  { machine, requestsPerMonth, costUsd }: MixInput,
): Mix | undefined {
  const solver = createShareSolver(2);
  const shares = new Float64Array(2);
  let best: Mix | undefined;
  const efficient = deployables.filter((each) => !deployables.some((other) => isBetter(other, each)));
  for (const [index, a] of efficient.entries()) {
    for (const b of efficient.slice(index + 1)) {
      const bounds = boundsOf(loadOf(a, requestsPerMonth), loadOf(b, requestsPerMonth));
      if (!bounds || !fitTogether([...a.tiers, ...b.tiers], machine)) continue;
      const program = {
        reward: Float64Array.of(a.accuracy, b.accuracy),
        cost: Float64Array.of(a.costUsd, b.costUsd),
        least: Float64Array.of(bounds.low, 1 - bounds.high),
        most: Float64Array.of(bounds.high, 1 - bounds.low),
        budget: costUsd,
      };
      if (solver.solve(program, shares).kind === 'over-budget') continue;
      const [ofA, ofB] = [shares[0]!, shares[1]!];
      if (Math.min(ofA, ofB) < LEAST_SHARE) continue;
      const value = valueOf([
        [a, ofA],
        [b, ofB],
      ]);
      if (best && value.accuracy <= best.accuracy) continue;
      best = {
        ...value,
        parts: [
          { deployable: a, share: ofA },
          { deployable: b, share: ofB },
        ].toSorted((one, other) => other.share - one.share),
      };
    }
  }
  return best;
}

/**
 * The mix that is so accurate for the least calls, found by bisection: no mix gets worse with more money.
 * @returns undefined where none is so accurate, or where one alone is so for as little
 */
export function cheapestMix(
  deployables: readonly Deployable[],
  { machine, requestsPerMonth, minAccuracy }: Omit<MixInput, 'costUsd'> & { readonly minAccuracy: number },
): Mix | undefined {
  const singles = alone(deployables, requestsPerMonth);
  const costs = deployables.map(({ costUsd }) => costUsd);
  let [low, high] = [Math.min(...costs), Math.max(...costs)];
  let found: Mix | undefined;
  for (let step = 0; step < STEPS; step++) {
    const costUsd = step === 0 ? high : (low + high) / 2;
    const mix = bestMix(deployables, { machine, requestsPerMonth, costUsd });
    const isMixEnough = mix !== undefined && mix.accuracy >= minAccuracy;
    if (isMixEnough || singles.some((each) => each.costUsd <= costUsd && each.accuracy >= minAccuracy)) {
      found = isMixEnough ? mix : undefined;
      high = costUsd;
    } else if (step === 0) return undefined;
    else low = costUsd;
  }
  return found;
}

export interface MixInput {
  readonly machine: Machine;
  readonly requestsPerMonth: number;
  /** Most that calls of a mean request may cost, in US dollars. */
  readonly costUsd: number;
}

/** As good or better in everything, and better in something: the other one has no place in a mix. */
const isBetter = (a: Deployable, b: Deployable): boolean =>
  a.accuracy >= b.accuracy &&
  a.costUsd <= b.costUsd &&
  a.busyMs <= b.busyMs &&
  (a.accuracy > b.accuracy || a.costUsd < b.costUsd || a.busyMs < b.busyMs);

/** Shares of the first of two at which a machine has time for both; undefined where there is none. */
function boundsOf(a: number, b: number): { readonly low: number; readonly high: number } | undefined {
  if (a <= 1 && b <= 1) return { low: 0, high: 1 };
  if (a > 1 && b > 1) return undefined;
  return a > 1 ? { low: 0, high: (1 - b) / (a - b) } : { low: (b - 1) / (b - a), high: 1 };
}

const valueOf = (parts: readonly (readonly [deployable: Deployable, share: number])[]) => ({
  accuracy: parts.reduce((sum, [{ accuracy }, share]) => sum + share * accuracy, 0),
  costUsd: parts.reduce((sum, [{ costUsd }, share]) => sum + share * costUsd, 0),
});
