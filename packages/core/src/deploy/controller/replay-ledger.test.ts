import { expect, it } from 'vitest';
import type { OutcomeRecord } from '../../ports/ledger.js';
import {
  createFakeClock,
  createMemoryDeploymentStore,
  createMemoryLedger,
  exampleReward,
  outcomeEntry,
} from '../../testing/index.js';
import { ladder, light } from '../../testing/deployment-world.js';
import type { DeploymentSettings } from '../deployed-model.js';
import { createArmStatistics } from '../statistics/create-arm-statistics.js';
import { Arms } from './arms.js';
import { replayLedger } from './replay-ledger.js';

const HOUR_MS = 3_600_000;
const settings: DeploymentSettings = {
  format: 1,
  models: [light, ladder('other', ['base'])],
  maxLive: 2,
  windowMs: HOUR_MS,
  budgetUsd: 1,
  auditShare: 0.5,
  auditor: 'base',
  feedback: 'drift',
  rates: { usdPerKilowattHour: 0, usdPerBusyHour: 0 },
  canary: false,
};

it('tells statistics of every routed request once, however often the ledger has it, and of nothing else', async () => {
  const clock = createFakeClock();
  const ledger = createMemoryLedger();
  const store = createMemoryDeploymentStore({ clock });
  const routed = (requestId: string, chosen: string, changes: Partial<OutcomeRecord> = {}) =>
    outcomeEntry({
      requestId,
      path: 'nano',
      degraded: false,
      costUsd: 0.25,
      energyJoules: 0,
      atWallMs: clock.wallMs(),
      decisions: [
        { stage: 'route', window: 'w1', path: '', chosen, alternatives: { [chosen]: 1 }, confidence: undefined },
      ],
      ...changes,
    });
  await ledger.append([
    routed('old', 'light', { atWallMs: clock.wallMs() - 2 * HOUR_MS }),
    routed('twice', 'light', { costUsd: 0.5 }),
    routed('twice', 'light', { costUsd: 0.75 }),
    routed('elsewhere', 'other'),
    routed('unknown', 'nobody'),
    routed('plain', 'light', { decisions: [] }),
    routed('again', 'light', { cache: { kind: 'exact', savedUsd: 0, savedTokens: 9, savedMs: 5 }, costUsd: 9 }),
    routed('failed', 'light', { verdict: 'failed', path: '' }),
  ]);
  await store.addRewards([
    exampleReward({ requestId: 'twice', reward: 1, probability: 0.5 }),
    exampleReward({ requestId: 'elsewhere', model: 'other' }),
    exampleReward({ requestId: 'gone' }),
  ]);
  const arms = new Arms(createArmStatistics({ kind: 'plain' }));
  arms.update(settings.models);
  const { rewarded, lately } = await replayLedger({ ledger, store, clock, settings, arms });
  const { statistics } = arms;
  expect([...statistics.costs]).toEqual([3, 0]);
  // The last word on a request counts.
  expect(statistics.meanCost[0]).toBeCloseTo((0.25 + 0.75 + 0.25) / 3, 12);
  // A failure weighs 1, and an answer that was looked at with P = .5 twice that.
  expect(statistics.meanReward[0]).toBeCloseTo(2 / 3, 12);
  expect([...rewarded].toSorted()).toEqual(['failed', 'twice']);
  expect(lately).toBe(5);
});
