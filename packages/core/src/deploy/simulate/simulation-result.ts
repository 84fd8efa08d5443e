import type { AlgorithmName } from './scenario.js';

/** One seed of one algorithm. */
export interface SimulationRun {
  readonly algorithm: AlgorithmName;
  readonly seed: number;
  readonly meanReward: number;
  readonly meanCost: number;
  /** max(0, meanCost / budget - 1). */
  readonly overspend: number;
  /**
   * To the stage oracle, summed over all requests, by true means; of whoever looks at queries by what was earned. It may be
   * below 0: where more is spent than the oracle may, or saved for a window in which it buys more.
   */
  readonly regret: number;
  /** Live sets that differ from the one before. */
  readonly switches: number;
  /**
   * By arm that arrived later and that the oracle uses: in which window of its presence, from 1, it first carried at least half
   * of what it carries for the oracle; undefined: never.
   */
  readonly adoption: readonly { readonly arm: number; readonly windows: number | undefined }[];
  /** At 100 points of equal distance: cumulative, each. */
  readonly curve: { readonly asked: number[]; readonly regret: number[]; readonly spent: number[] };
  /** By window: which arms were live and the share of its requests that each of them answered; they sum to 1. */
  readonly live: readonly Readonly<Record<number, number>>[];
}

/** A mean over seeds with the band that holds the middle 90 % of them. */
export interface Banded {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** What `terrace simulate --json` prints. */
export interface SimulationReport {
  readonly algorithms: Readonly<
    Record<
      string,
      {
        readonly meanReward: number;
        readonly overspend: number;
        readonly regret: number;
        readonly switches: number;
        readonly meanCost: number;
        readonly aiq: number | undefined;
        /** Mean over arrivals and seeds; undefined without arrivals. */
        readonly windowsToAdopt: number | undefined;
        readonly bands: Readonly<Record<'meanReward' | 'overspend' | 'regret' | 'switches', Banded>>;
      }
    >
  >;
  readonly references: { readonly staticLp: number; readonly bestArm: number; readonly oracle: number };
  /** Of the table, in its order: a run's arms are numbers into it. Means are those of the table as it is read. */
  readonly arms: readonly { readonly name: string; readonly meanReward: number; readonly meanCost: number }[];
  readonly seeds: number;
  readonly requests: number;
  readonly windows: number;
  readonly budget: number;
}
