import type { DeploymentSettings, DeploymentStatus } from '@terrace/core/deploy';
import { exampleDeploymentState } from '@terrace/core/testing';
import { expect, it } from 'vitest';
import { describeDeployment, describeSettings, describeWindow } from './describe-deployment.js';

const model = (
  id: string,
  path: DeploymentSettings['models'][number]['path'],
): DeploymentSettings['models'][number] => ({
  id,
  path,
  carries: 1,
  fixedCost: { onceUsd: 0, eachWindowUsd: 0 },
});
const settings: DeploymentSettings = {
  format: 1,
  models: [
    model('light', { kind: 'ladder', tiers: ['nano', 'base'], minConfidence: 0.8, maxRisk: 0.02 }),
    model('cloud', { kind: 'tier', tier: 'cloud-large' }),
  ],
  maxLive: 2,
  windowMs: 86_400_000,
  budgetUsd: 0.0002,
  auditShare: 0.02,
  auditor: 'base',
  feedback: 'drift',
  rates: { usdPerKilowattHour: 0, usdPerBusyHour: 0 },
  canary: true,
};
const standing = { stage: 'live', requests: 1200, rewards: 24, meanReward: 0.9, meanCostUsd: 0.0001 } as const;
const status: DeploymentStatus = {
  state: exampleDeploymentState({
    window: {
      id: 'w7',
      fromWallMs: 0,
      toWallMs: 86_400_000,
      live: { light: 0.75, cloud: 0.25 },
      expectedReward: 0.93,
      expectedCostUsd: 0.00018,
      budgetUsd: 0.0002,
      fixedUsd: 0,
    },
    models: [
      { model: 'light', stage: 'live', sinceWallMs: 0, reason: undefined, failures: 0 },
      { model: 'cloud', stage: 'retired', sinceWallMs: 0, reason: 'start-failed', failures: 1 },
    ],
  }),
  models: [
    { ...standing, model: 'light', rewardUpper: 0.92, costLowerUsd: 0.00009, share: 0.75 },
    {
      model: 'cloud',
      stage: 'retired',
      requests: 0,
      rewards: 0,
      meanReward: undefined,
      meanCostUsd: undefined,
      rewardUpper: 1,
      costLowerUsd: 0,
      share: 0,
    },
  ],
  spentUsd: 0,
  requests: 0,
  controller: 'a server, process 12 on box',
};

it('says what is set up', () => {
  expect(describeSettings(settings).split('\n')).toEqual([
    'at most 2 live, 24.0 h a window, $0.000200 a request; all requests; 2.0 % of answers audited by base; new models by a canary',
    'light  nano > base, at least 80.0 % sure, at most 2.0 % wrong  carries 100.0 %',
    'cloud  cloud-large                                             carries 100.0 %',
  ]);
  expect(describeSettings({ ...settings, models: [] })).toContain('no models yet');
});

it('says how it stands, and why a model is out', () => {
  const nowWallMs = 86_400_000 - 30 * 60_000;
  expect(describeDeployment({ settings, status, nowWallMs }).split('\n')).toEqual([
    'kept by a server, process 12 on box',
    'window w7, 30 min left; 93.0 % right at best, for $0.000180 of $0.000200 a request',
    'model  stage                   share   requests  right   at most  cost       at least',
    'light  live                    75.0 %  1200      90.0 %  92.0 %   $0.000100  $0.0000900',
    'cloud  retired (start-failed)  -       0         -       100.0 %  -          $0',
  ]);
});

it('says who is missing: a server, a window, somebody who says what answers are worth', () => {
  const bare = { ...status, controller: undefined, models: [], state: { ...status.state, window: undefined } };
  const text = describeDeployment({ settings: { ...settings, auditShare: 0 }, status: bare, nowWallMs: 0 });
  expect(text).toContain('no server keeps it');
  expect(text).toContain('no window yet');
  expect(text).toContain('by their costs alone');
  expect(text).toContain('no models');
});

it('says what the next window would be', () => {
  expect(describeWindow(status.state.window!)).toBe(
    'the next window would have, 93.0 % right at best, for $0.000180 of $0.000200 a request:\nlight  75.0 %\ncloud  25.0 %',
  );
});
