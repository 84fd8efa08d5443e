import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DeploymentState, DeploymentWish } from '../deploy/deployment-state.js';
import type { RewardRecord } from '../deploy/rewards/reward-record.js';
import type { DeploymentStore } from '../ports/deployment-store.js';

export const exampleDeploymentState = (changes: Partial<DeploymentState> = {}): DeploymentState => ({
  format: 1,
  settingsId: 's1',
  window: {
    id: 'w1',
    fromWallMs: 1000,
    toWallMs: 2000,
    live: { light: 0.75, 'äöü "x"': 0.25 },
    expectedReward: 0.9,
    expectedCostUsd: 0.001,
    budgetUsd: 0.002,
    fixedUsd: 0,
  },
  history: [],
  models: [{ model: 'light', stage: 'live', sinceWallMs: 1000, reason: 'start-failed', failures: 1 }],
  rollouts: [],
  pilot: undefined,
  wishes: [{ kind: 'next-window' }],
  ...changes,
});

export const exampleReward = (changes: Partial<RewardRecord> = {}): RewardRecord => ({
  requestId: 'r1',
  source: 'audit',
  atWallMs: 1000,
  model: 'light',
  reward: 1,
  probability: 0.02,
  ...changes,
});

/** Two stores of one ledger, as two processes have them. */
export interface DeploymentStoresUnderTest {
  readonly first: DeploymentStore;
  readonly second: DeploymentStore;
  /** Time passes: for both, or for the second alone while the first is dead. */
  pass(ms: number, who: 'both' | 'second'): Promise<void>;
}

/** What every DeploymentStore does. @param open new, empty stores for each test; the suite closes them */
export function describeDeploymentStoreContract(name: string, open: () => Promise<DeploymentStoresUnderTest>): void {
  describe(`${name} as a store of deployments`, () => {
    let under: DeploymentStoresUnderTest;
    let first: DeploymentStore;
    let second: DeploymentStore;
    beforeEach(async () => {
      under = await open();
      ({ first, second } = under);
    });
    afterEach(async () => {
      await first.close();
      await second.close();
    });
    const all = async (store: DeploymentStore, sinceWallMs = 0): Promise<RewardRecord[]> => {
      const records: RewardRecord[] = [];
      for await (const page of store.rewards(sinceWallMs)) records.push(...page);
      return records;
    };

    it('is empty at first', async () => {
      expect(await first.read()).toBeUndefined();
      expect(await first.holder()).toBeUndefined();
      expect(await all(first)).toEqual([]);
    });

    it('gives the state back as it was written, to everybody', async () => {
      const lease = await first.hold('a');
      await first.write(exampleDeploymentState({ settingsId: 'before' }), lease);
      await first.write(exampleDeploymentState(), lease);
      expect(await second.read()).toEqual(exampleDeploymentState());
    });

    it('has one holder; the next one gets a higher fence', async () => {
      const lease = await first.hold('a');
      expect(await second.holder()).toMatch(/^a\b/);
      const refused = second.hold('b').catch((error: unknown) => error);
      await under.pass(60_000, 'both');
      expect(await refused).toMatchObject({ code: 'LEASE_HELD', facts: { owner: expect.stringMatching(/^a\b/) } });
      await lease.release();
      expect(await second.holder()).toBeUndefined();
      const next = await second.hold('b');
      expect(next.fence).toBeGreaterThan(lease.fence);
      expect(await first.holder()).toMatch(/^b\b/);
      expect(lease.lost.aborted).toBe(false);
    });

    it('is taken over from a holder that shows no sign of life, who can write nothing from then on', async () => {
      const lease = await first.hold('a');
      await first.write(exampleDeploymentState(), lease);
      const taking = second.hold('b');
      await under.pass(60_000, 'second');
      const next = await taking;
      expect(next.fence).toBeGreaterThan(lease.fence);
      const late = exampleDeploymentState({ settingsId: 'late' });
      await expect(first.write(late, lease)).rejects.toMatchObject({ code: 'LEASE_LOST' });
      await expect(first.takeWishes(lease, () => late)).rejects.toMatchObject({ code: 'LEASE_LOST' });
      expect(await second.read()).toMatchObject({ settingsId: 's1' });
      await under.pass(10_000, 'both');
      expect(lease.lost.aborted).toBe(true);
      expect(lease.lost.reason).toMatchObject({ code: 'LEASE_LOST' });
      // What is lost is not given away.
      await lease.release();
      expect(await second.holder()).toMatch(/^b\b/);
    });

    it('takes wishes from anybody, and gives them once and in order to who holds the lease, with the state that has them', async () => {
      const wishes: DeploymentWish[] = [
        { kind: 'next-window' },
        { kind: 'retire', model: 'light' },
        { kind: 'roll-back', rollout: 'r"1"' },
      ];
      await second.wish(wishes[0]!);
      const lease = await first.hold('a');
      await second.wish(wishes[1]!);
      await first.wish(wishes[2]!);
      const taken = await first.takeWishes(lease, (given) => exampleDeploymentState({ wishes: given }));
      expect(taken).toEqual(exampleDeploymentState({ wishes }));
      expect(await second.read()).toEqual(taken);
      expect(await first.takeWishes(lease, () => exampleDeploymentState({ settingsId: 'never' }))).toBeUndefined();
      expect(await second.read()).toEqual(taken);
    });

    it('keeps a reward once: the first of checks and audits, the last word of feedback', async () => {
      await first.addRewards([exampleReward(), exampleReward({ reward: 0 }), exampleReward({ requestId: 'r2' })]);
      await second.addRewards([exampleReward({ reward: 0.5 }), exampleReward({ source: 'check', reward: 0.25 })]);
      await first.addRewards([exampleReward({ source: 'feedback', reward: 0 })]);
      await first.addRewards([exampleReward({ source: 'feedback', reward: 1, atWallMs: 3000 })]);
      const found = await all(second);
      expect(found).toHaveLength(4);
      expect(found).toEqual(
        expect.arrayContaining([
          exampleReward(),
          exampleReward({ requestId: 'r2' }),
          exampleReward({ source: 'check', reward: 0.25 }),
          exampleReward({ source: 'feedback', atWallMs: 3000 }),
        ]),
      );
      expect(await all(second, 2000)).toMatchObject([{ source: 'feedback' }]);
    });

    it('gives many rewards in pages', async () => {
      const many = Array.from({ length: 2500 }, (_, i) => exampleReward({ requestId: `r${i}`, atWallMs: i }));
      await first.addRewards(many);
      expect(new Set((await all(first)).map(({ requestId }) => requestId)).size).toBe(2500);
    });
  });
}
