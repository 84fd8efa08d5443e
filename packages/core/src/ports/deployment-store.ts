import type { DeploymentState, DeploymentWish } from '../deploy/deployment-state.js';
import type { RewardRecord } from '../deploy/rewards/reward-record.js';

/** The right to change the deployment of a ledger. One holder at a time. */
export interface Lease {
  /** Rises with every holder. */
  readonly fence: number;
  /** Aborts when it was lost, with a LeaseLostError. */
  readonly lost: AbortSignal;
  release(): Promise<void>;
}

/** The state of a ledger's deployment. All throw StorageError. */
export interface DeploymentStore {
  /** @throws LeaseHeldError while another holder lives */
  hold(owner: string): Promise<Lease>;
  /** Who holds it, or held it when it ended without a word; undefined when nobody does. */
  holder(): Promise<string | undefined>;
  read(): Promise<DeploymentState | undefined>;
  /** Durable once it resolves, all of it or nothing. @throws LeaseLostError when `lease` is no longer the latest */
  write(state: DeploymentState, lease: Lease): Promise<void>;
  /** By anybody, also while another process holds the lease; whoever holds it takes them over into the state. */
  wish(wish: DeploymentWish): Promise<void>;
  /**
   * Removes all wishes, oldest first, and writes the state that holds them, in one transaction.
   * @returns that state; undefined where there are none
   */
  takeWishes(
    lease: Lease,
    into: (wishes: readonly DeploymentWish[]) => DeploymentState,
  ): Promise<DeploymentState | undefined>;
  /** The same record twice is kept once. */
  addRewards(records: readonly RewardRecord[]): Promise<void>;
  rewards(sinceWallMs: number): AsyncIterable<readonly RewardRecord[]>;
  close(): Promise<void>;
}
