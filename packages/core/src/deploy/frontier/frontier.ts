/** A machine that could be bought or is there. */
export interface HardwareProfile {
  readonly name: string;
  readonly memoryBytes: number;
  readonly cores: number;
  /** Memory and rate of a GPU; undefined without one. Its power and price are in those of the machine. */
  readonly gpu?: { readonly memoryBytes: number; readonly gflops: number } | undefined;
  /** Of 32-bit arithmetic on all cores together, in billions a second. */
  readonly gflops: number;
  readonly gigabytesPerSecond: number;
  /** Drawn while it is on, and it is on all the time. */
  readonly watts: number;
  readonly priceUsd: number;
  readonly lifetimeHours: number;
}

/** One thing that could be deployed on one machine. */
export interface FrontierPoint {
  readonly hardware: string;
  /** What answers, a tier or the tiers of a ladder, e.g. `nano+base`, with their shares. */
  readonly mix: Readonly<Record<string, number>>;
  /** The machine, its energy, and all calls. */
  readonly monthlyUsd: number;
  readonly accuracy: number;
  /** What nineteen of twenty requests stay under, at most: it is that of the slowest tier that one in twenty asks. */
  readonly p95Ms: number;
  /** No other point of any machine is at least as good for less. */
  readonly onFrontier: boolean;
  readonly withinBudget: boolean;
}

export interface FrontierReport {
  readonly budgetUsd: number;
  readonly requestsPerMonth: number;
  /** Where accuracies come from: calibration, ledger, or what somebody has said. */
  readonly basis: string;
  /** By what they cost, the cheapest first. */
  readonly points: readonly FrontierPoint[];
  /** The most accurate one within the budget; with a least accuracy, the cheapest that has it. */
  readonly chosen: FrontierPoint | undefined;
  /** Why machines cannot run models, by machine. */
  readonly rejected: readonly { readonly hardware: string; readonly model: string; readonly reason: string }[];
}
