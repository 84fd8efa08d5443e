import { holdLease, leaseLost, type LeaseRow, type LeaseTable } from '../deploy/controller/hold-lease.js';
import type { DeploymentState, DeploymentWish } from '../deploy/deployment-state.js';
import type { RewardRecord } from '../deploy/rewards/reward-record.js';
import type { Clock } from '../ports/clock.js';
import type { DeploymentStore, Lease } from '../ports/deployment-store.js';

/** What several stores of one ledger share. */
export interface DeploymentMemory {
  lease: LeaseRow | undefined;
  state: string | undefined;
  readonly wishes: DeploymentWish[];
  readonly rewards: Map<string, RewardRecord>;
}

export const newDeploymentMemory = (): DeploymentMemory => ({
  lease: undefined,
  state: undefined,
  wishes: [],
  rewards: new Map(),
});

/** A deployment that ends with the process: for tests, and the plainest statement of what a store of it does. */
export function createMemoryDeploymentStore({
  clock,
  memory = newDeploymentMemory(),
}: {
  readonly clock: Clock;
  readonly memory?: DeploymentMemory;
}): DeploymentStore {
  const table: LeaseTable = {
    read: async () => memory.lease,
    async take(seen, owner) {
      if (seen?.fence !== memory.lease?.fence || seen?.beat !== memory.lease?.beat) return undefined;
      memory.lease = { owner, fence: (seen?.fence ?? 0) + 1, beat: 0 };
      return memory.lease;
    },
    async beat(fence) {
      if (memory.lease?.fence !== fence) return false;
      memory.lease = { ...memory.lease, beat: memory.lease.beat + 1 };
      return true;
    },
    async free(fence) {
      if (memory.lease?.fence === fence) memory.lease = { owner: '', fence, beat: 0 };
    },
  };
  const requireLease = ({ fence }: Lease): void => {
    if (memory.lease?.fence !== fence || memory.lease.owner === '') throw leaseLost();
  };

  return {
    hold: (owner) => holdLease({ table, owner, clock, isAlive: async () => undefined }),
    holder: async () => memory.lease?.owner || undefined,
    read: async () => (memory.state === undefined ? undefined : (JSON.parse(memory.state) as DeploymentState)),
    async write(state, lease) {
      requireLease(lease);
      memory.state = JSON.stringify(state);
    },
    wish: async (wish) => void memory.wishes.push(wish),
    async takeWishes(lease, into) {
      requireLease(lease);
      if (memory.wishes.length === 0) return undefined;
      const state = into(memory.wishes.splice(0));
      memory.state = JSON.stringify(state);
      return state;
    },
    async addRewards(records) {
      for (const record of records) {
        const key = JSON.stringify([record.requestId, record.source]);
        if (record.source !== 'feedback' && memory.rewards.has(key)) continue;
        memory.rewards.delete(key);
        memory.rewards.set(key, { ...record });
      }
    },
    async *rewards(sinceWallMs) {
      const kept = [...memory.rewards.values()].filter(({ atWallMs }) => atWallMs >= sinceWallMs);
      if (kept.length > 0) yield kept;
    },
    close: async () => undefined,
  };
}
