import type { DeploymentState, DeploymentWish, WindowRecord } from './deployment-state.js';

/** One live or possible model, as a person looks at it. */
export interface ModelStanding {
  readonly model: string;
  readonly stage: string;
  readonly requests: number;
  readonly rewards: number;
  readonly meanReward: number | undefined;
  readonly meanCostUsd: number | undefined;
  readonly rewardUpper: number;
  readonly costLowerUsd: number;
  readonly share: number;
}

export interface DeploymentStatus {
  readonly state: DeploymentState;
  readonly models: readonly ModelStanding[];
  /** Spent in this window, fixed costs included. */
  readonly spentUsd: number;
  readonly requests: number;
  /** Who holds the lease; undefined when nobody does. */
  readonly controller: string | undefined;
}

/** What a host offers of a running deployment. */
export interface DeploymentControl {
  status(): Promise<DeploymentStatus>;
  /** False once another one took the deployment over: this one decides nothing any more. */
  holdsLease(): boolean;
  /** What the next window would be; nothing changes. @throws InfeasibleBudgetError */
  preview(): Promise<WindowRecord>;
  wish(wish: DeploymentWish): Promise<void>;
  close(): Promise<void>;
}
