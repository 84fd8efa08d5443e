import { sumToOne } from './sum-to-one.js';
import type { ShareOutcome, ShareProgram } from './shares.js';

export interface ShareSolver {
  /**
   * Fills `shares`, by arm; they sum to exactly 1. Allocates nothing: the outcome is the same object until the next call.
   * @throws RangeError when the bounds hold no shares that sum to 1
   */
  solve(program: ShareProgram, shares: Float64Array): ShareOutcome;
}

/** What rounding may be off by. */
const SLACK = 1e-12;

/** Where an arm stands in the order of reward - multiplier * cost, by which shares are filled from the least to the most. */
const FILLED = 1;
const MARGINAL = 0;
const EMPTY = -1;
const FIXED = 2;

/**
 * Maximises the reward of shares within a budget. Shares are filled in the order of reward - multiplier * cost, so that one
 * arm at most lies between its bounds, the marginal one. The multiplier begins at 0, where cost does not count, and grows
 * from one breakpoint to the next, where an arm changes places with the marginal one and its share moves to the cheaper of
 * the two, until the budget holds. Each pair changes places once at most; without bounds the breakpoints are the corners of
 * the hull of (cost, reward).
 * @param arms the most that a program has
 */
export function createShareSolver(arms: number): ShareSolver {
  const place = new Int8Array(arms);
  const feasible = { kind: 'feasible' as const, multiplier: 0 };
  const overBudget = { kind: 'over-budget' as const, cheapest: 0 };

  /** The best shares at any cost. @returns the marginal arm, or -1 where all are fixed */
  function fill({ reward, cost, least, most }: ShareProgram, shares: Float64Array): number {
    let rest = 1;
    for (let arm = 0; arm < shares.length; arm++) {
      shares[arm] = least[arm]!;
      rest -= least[arm]!;
      place[arm] = least[arm]! < most[arm]! ? EMPTY : FIXED;
    }
    let marginal = -1;
    while (marginal < 0 || rest > 0) {
      let best = -1;
      for (let arm = 0; arm < shares.length; arm++) {
        if (place[arm] !== EMPTY) continue;
        if (best < 0 || reward[arm]! > reward[best]! || (reward[arm] === reward[best] && cost[arm]! < cost[best]!)) {
          best = arm;
        }
      }
      if (best < 0) break;
      if (marginal >= 0) place[marginal] = FILLED;
      marginal = best;
      place[best] = MARGINAL;
      const room = Math.max(0, Math.min(rest, most[best]! - least[best]!));
      shares[best]! += room;
      rest -= room;
    }
    if (Math.abs(rest) > SLACK) throw new RangeError(`shares between their bounds sum to ${1 - rest}, not to 1`);
    return marginal;
  }

  /** The arm that changes places with the marginal one next, or -1. */
  function nextToPass({ reward, cost }: ShareProgram, marginal: number): number {
    let next = -1;
    let nearest = Infinity;
    for (let arm = 0; arm < cost.length; arm++) {
      const dearer = cost[arm]! - cost[marginal]!;
      if (!((place[arm] === FILLED && dearer > 0) || (place[arm] === EMPTY && dearer < 0))) continue;
      const multiplier = (reward[arm]! - reward[marginal]!) / dearer;
      if (next >= 0 && multiplier >= nearest) continue;
      next = arm;
      nearest = multiplier;
    }
    return next;
  }

  return {
    solve(program, shares) {
      const { reward, cost, least, most, budget } = program;
      let marginal = fill(program, shares);
      let spent = costOf(program, shares);
      feasible.multiplier = 0;
      while (spent > budget * (1 + SLACK) && marginal >= 0) {
        const arm = nextToPass(program, marginal);
        if (arm < 0) break;
        const from = place[arm] === FILLED ? arm : marginal;
        const to = from === arm ? marginal : arm;
        const saved = cost[from]! - cost[to]!;
        feasible.multiplier = Math.max(feasible.multiplier, (reward[from]! - reward[to]!) / saved);
        const fromRoom = shares[from]! - least[from]!;
        const toRoom = most[to]! - shares[to]!;
        const needed = (spent - budget) / saved;
        if (needed < fromRoom && needed < toRoom) {
          shares[from]! -= needed;
          shares[to]! += needed;
          spent = budget;
        } else if (fromRoom <= toRoom) {
          shares[from] = least[from]!;
          shares[to]! += fromRoom;
          spent -= fromRoom * saved;
          place[from] = EMPTY;
          place[to] = MARGINAL;
          marginal = to;
        } else {
          shares[from]! -= toRoom;
          shares[to] = most[to]!;
          spent -= toRoom * saved;
          place[to] = FILLED;
          place[from] = MARGINAL;
          marginal = from;
        }
      }
      sumToOne(shares);
      if (spent <= budget * (1 + SLACK)) return feasible;
      // Summed step by step, it may be a rounding over.
      overBudget.cheapest = costOf(program, shares);
      return overBudget.cheapest <= budget * (1 + SLACK) ? feasible : overBudget;
    },
  };
}

function costOf({ cost }: ShareProgram, shares: Float64Array): number {
  let sum = 0;
  for (let arm = 0; arm < shares.length; arm++) sum += cost[arm]! * shares[arm]!;
  return sum;
}
