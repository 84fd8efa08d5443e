import type { AlgorithmName, RewardTable, Scenario, SimulationRun } from '@terrace/core/deploy';

/** What a thread is opened with, once. The columns of the table are shared, not copied. */
export interface SimulationMaterial {
  readonly table: RewardTable;
  readonly scenarios: readonly Scenario[];
}

/** Runs that are made in one go. */
export interface SimulationBlock {
  /** Number of the scenario. */
  readonly scenario: number;
  readonly algorithm: AlgorithmName;
  readonly seeds: readonly number[];
}

/** What a thread that simulates can be asked, one block at a time. */
export interface SimulateWork {
  simulate(block: SimulationBlock): Promise<readonly SimulationRun[]>;
}
