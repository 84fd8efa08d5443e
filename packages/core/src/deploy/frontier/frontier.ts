/** A machine that could be bought or is there. */
export interface HardwareProfile {
  readonly name: string;
  readonly memoryBytes: number;
  readonly cores: number;
  /** Memory and rate of a GPU; undefined without one. */
  readonly gpu?: { readonly memoryBytes: number; readonly gflops: number } | undefined;
  readonly gflops: number;
  readonly gigabytesPerSecond: number;
  readonly watts: number;
  readonly priceUsd: number;
  readonly lifetimeHours: number;
}

/** One thing that could be deployed on one machine. */
export interface FrontierPoint {
  readonly hardware: string;
  /** Ids of deployed models with their shares. */
  readonly mix: Readonly<Record<string, number>>;
  readonly monthlyUsd: number;
  readonly accuracy: number;
  readonly p95Ms: number;
  /** No other point of any machine is at least as good for less. */
  readonly onFrontier: boolean;
  readonly withinBudget: boolean;
}

export interface FrontierReport {
  readonly budgetUsd: number;
  readonly requestsPerMonth: number;
  /** Where accuracies come from: calibration, ledger, or what the catalog claims. */
  readonly basis: string;
  readonly points: readonly FrontierPoint[];
  readonly chosen: FrontierPoint | undefined;
  /** Why machines cannot run models, by machine. */
  readonly rejected: readonly { readonly hardware: string; readonly model: string; readonly reason: string }[];
}
