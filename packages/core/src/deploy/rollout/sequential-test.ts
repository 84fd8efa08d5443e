import type { RolloutMetric, RolloutSide, Tally, TestEvidence } from './rollout.js';

/**
 * Shares of the wealth that are bet on "the new side is worse". Which one grows fastest depends on how much worse it is,
 * so that each has a third of the wealth: the best of them is at most log 3 behind.
 */
const BETS = [0.15, 0.35, 0.75] as const;

/**
 * Samples of both sides that a bet is made on. Means of several vary less than pairs do, which lets more be bet; of more
 * than that too few bets are left.
 */
const BLOCK = 6;

/** Nothing was seen yet. */
export const noEvidence = (metric: RolloutMetric): TestEvidence => ({
  metric,
  logWealth: 0,
  bets: BETS.map(() => 0),
  seen: { new: { n: 0, sum: 0 }, old: { n: 0, sum: 0 } },
  open: { new: { n: 0, sum: 0 }, old: { n: 0, sum: 0 } },
  reference: metric === 'latency' || metric === 'cost' ? { kind: 'gathering', values: [] } : undefined,
});

/**
 * Tests by betting that the mean badness of the new side is at most that of the old side plus `margin`. A block of samples
 * has an outcome x = mean(new) - mean(old) - margin, whose expectation is then not above 0; a wealth that is multiplied by
 * 1 + bet x is a supermartingale, so that P(it ever reaches 1 / a) <= a, however often somebody looks. When a block ends
 * depends on the sides of its samples alone. Both sides are drawn from the same requests at the same time, so that a
 * change of the requests is no evidence; nothing is assumed of distributions but the bounds.
 * @param badness in [0, 1]
 * @param margin points, not negative
 * @see Waudby-Smith and Ramdas, Estimating means of bounded random variables by betting (2024)
 */
export function addSample(evidence: TestEvidence, side: RolloutSide, badness: number, margin: number): TestEvidence {
  const seen = { ...evidence.seen, [side]: plus(evidence.seen[side], badness) };
  const open = { ...evidence.open, [side]: plus(evidence.open[side], badness) };
  const newShare = seen.new.n / (seen.new.n + seen.old.n);
  const isFull =
    open.new.n >= Math.max(1, Math.round(BLOCK * newShare)) &&
    open.old.n >= Math.max(1, Math.round(BLOCK * (1 - newShare)));
  if (!isFull) return { ...evidence, seen, open };
  const excess = mean(open.new) - mean(open.old) - margin;
  const bets = evidence.bets.map((logWealth, i) => logWealth + Math.log1p((BETS[i]! * excess) / (1 + margin)));
  const nothing = { n: 0, sum: 0 };
  return { ...evidence, seen, open: { new: nothing, old: nothing }, bets, logWealth: logMean(bets) };
}

const plus = ({ n, sum }: Tally, value: number): Tally => ({ n: n + 1, sum: sum + value });

const mean = ({ n, sum }: Tally): number => sum / n;

/** By how much the new side looks worse; undefined while one side has nothing. */
export function excessOf({ seen }: TestEvidence): number | undefined {
  return seen.new.n > 0 && seen.old.n > 0 ? mean(seen.new) - mean(seen.old) : undefined;
}

function logMean(logs: readonly number[]): number {
  const most = Math.max(...logs);
  return most + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - most), 0) / logs.length);
}
