import type { MipSolver } from '../../ports/mip-solver.js';
import type { Random } from '../../ports/random.js';
import type { RewardTable } from './reward-table.js';
import type { Scenario } from './scenario.js';

/** What a policy may know when a window begins. */
export interface SimulatedWindow {
  readonly index: number;
  /** Arms that are present. */
  readonly available: readonly number[];
  readonly requests: number;
}

/** An algorithm under simulation. `choose` and `learn` allocate nothing. */
export interface Policy {
  /** @returns the arms that are live in it */
  startWindow(window: SimulatedWindow): Promise<readonly number[]>;
  /** @param row of the table, which only those read that learn from features, and references */
  choose(row: number): number;
  learn(arm: number, reward: number, cost: number, row: number): void;
}

export interface PolicyPorts {
  readonly scenario: Scenario;
  /** As it is in the window under way: shifts and prices applied. References and features read it. */
  readonly table: RewardTable;
  readonly solver: MipSolver;
  readonly random: Random;
}
