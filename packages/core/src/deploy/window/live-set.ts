import { createShareSolver, type ShareSolver } from '../route/create-share-solver.js';
import type { WindowProgram } from './window-program.js';

/** A set of live arms with the best shares it allows. */
export interface LiveSet {
  /** Numbers of arms, ascending. */
  readonly live: readonly number[];
  /** In the order of `live`. */
  readonly shares: Float64Array;
  readonly reward: number;
  /** A request, fixed costs included. */
  readonly cost: number;
  /** A request. */
  readonly fixedCost: number;
  readonly withinBudget: boolean;
}

/** Prices sets of live arms. */
export class LiveSets {
  readonly #program: WindowProgram;
  readonly #solver: ShareSolver;

  constructor(program: WindowProgram) {
    this.#program = program;
    this.#solver = createShareSolver(program.rewardUpper.length);
  }

  /** @returns undefined where they cannot carry all requests, or have more than all of them promised */
  of(arms: readonly number[]): LiveSet | undefined {
    const { rewardUpper, costLower, carries, fixedCost, least, requests, budget } = this.#program;
    const live = arms.toSorted((a, b) => a - b);
    const pick = (values: Float64Array): Float64Array => Float64Array.from(live, (arm) => values[arm]!);
    const [reward, cost, lower, most] = [pick(rewardUpper), pick(costLower), pick(least), pick(carries)];
    if (sum(lower) > 1 + SLACK || sum(most) < 1 - SLACK) return undefined;
    const fixed = sum(pick(fixedCost)) / requests;
    const shares = new Float64Array(live.length);
    const left = Math.max(0, budget - fixed);
    const outcome = this.#solver.solve({ reward, cost, least: lower, most, budget: left }, shares);
    const spent = dot(cost, shares) + fixed;
    return {
      live,
      shares,
      reward: dot(reward, shares),
      cost: spent,
      fixedCost: fixed,
      // A solver's tolerance is no reason to do without a window.
      withinBudget: (outcome.kind === 'feasible' && fixed <= budget) || spent <= budget * (1 + TOLERANCE),
    };
  }
}

const SLACK = 1e-12;
const TOLERANCE = 1e-8;
const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
const dot = (first: Float64Array, second: Float64Array): number =>
  first.reduce((total, value, i) => total + value * second[i]!, 0);
