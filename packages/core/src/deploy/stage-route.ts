import type { Random } from '../ports/random.js';
import type { PaceKind } from './route/pace.js';
import type { ShareOutcome, ShareProgram } from './route/shares.js';
import type { StatisticsKind } from './statistics/arm-statistics.js';
import type { WindowPlan } from './window/window-program.js';

/** How a deployment decides; the defaults were chosen by simulation, never for one data set. */
export interface StageRouteSettings {
  readonly maxLive: number;
  /** Mean cost of a request over the horizon, in US dollars. */
  readonly budget: number;
  /** Requests of the whole horizon, T; of an endless deployment, those of its budget's period. */
  readonly horizon: number;
  readonly multiplier: number;
  readonly delta: number;
  readonly pace: PaceKind;
  readonly statistics: StatisticsKind;
  /** Least share a new arm gets in its first window, where the budget allows it; 0 forces nothing. */
  readonly trialShare: number;
}

/** An arm as it enters. */
export interface NewArm {
  /** Its price, where it is known before the first call. */
  readonly expectedCost?: number | undefined;
  readonly carries: number;
  readonly fixedCost: number;
}

export interface WindowStart {
  /** Numbers of arms that may be live: present, and not retired. */
  readonly available: readonly number[];
  readonly requests: number;
  /** By arm, where somebody else decides: a canary has its share, whatever the program says. */
  readonly held: ReadonlyMap<number, { readonly least: number; readonly most: number }>;
}

/**
 * Overwrites the shares of one request. They stay within the program's bounds and sum to exactly 1; program and shares are in the
 * order of `live`, which is one and the same array throughout a window.
 */
export type Reshare = (program: ShareProgram, live: readonly number[], shares: Float64Array) => void;

/**
 * Two-stage decisions: which arms are live in a window, and which of them answers a request. The simulator and the product
 * drive the same one. `route`, `reward` and `cost` allocate nothing.
 * @see "Keeping Up with the Models" (arXiv 2506.17254)
 */
export interface StageRoute {
  addArm(arm: NewArm): number;
  /** A new price forgets what was paid before; what it can carry and its fixed cost count from the next window on. */
  changeArm(arm: number, change: Partial<NewArm>): void;
  /** @throws InfeasibleBudgetError with the smallest feasible budget; the window before stays in force */
  startWindow(start: WindowStart): Promise<WindowPlan>;
  /** The arm for one request; who knows more of it gives the shares anew, where the budget holds. @throws RangeError before the first window */
  route(random: Random, reshare?: Reshare): number;
  /** By arm: the shares the last `route` drew from. Read only; they sum to exactly 1. */
  readonly shares: Float64Array;
  /** Whether the last `route` was within the budget; otherwise it was the cheapest there is. */
  readonly outcome: ShareOutcome['kind'];
  reward(arm: number, reward: number, weight: number): void;
  cost(arm: number, cost: number): void;
  /** What counts against the budget beside calls: fixed costs as they are paid, audits. */
  spend(cost: number): void;
  readonly spent: number;
  readonly asked: number;
}
