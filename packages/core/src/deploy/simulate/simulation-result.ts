import type { AlgorithmName } from './scenario.js';

/** One seed of one algorithm. */
export interface SimulationRun {
  readonly algorithm: AlgorithmName;
  readonly seed: number;
  readonly meanReward: number;
  readonly meanCost: number;
  /** max(0, meanCost / budget - 1). */
  readonly overspend: number;
  /** To the stage oracle, summed over all requests. */
  readonly regret: number;
  /** Live sets that differ from the one before. */
  readonly switches: number;
  /** By arm that arrived later: windows until it carries at least half of what it carries for the oracle; undefined: never. */
  readonly adoption: readonly { readonly arm: number; readonly windows: number | undefined }[];
  /** At 100 points of equal distance: cumulative, each. */
  readonly curve: { readonly asked: number[]; readonly regret: number[]; readonly spent: number[] };
  /** By window: which arms were live and the share each had. */
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
  readonly seeds: number;
  readonly requests: number;
  readonly windows: number;
  readonly budget: number;
}
