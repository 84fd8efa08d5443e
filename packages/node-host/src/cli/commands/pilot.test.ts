import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRollout, UnknownDeploymentError, type DeploymentState } from '@terrace/core/deploy';
import { exampleDeploymentState } from '@terrace/core/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { changeDeployment } from '../../deploy/deployment-file.js';
import { deploymentFileOf } from '../../deploy/deployment-path.js';
import { openSqliteDeploymentStore } from '../../deploy/sqlite-deployment-store.js';
import { workingClock } from '../../system-clock.js';
import { rolloutStatus, steerRollout } from './deploy-rollout.js';
import { rolloutStart } from './deploy-rollout-start.js';
import { pilotEnd, pilotStatus } from './pilot-report.js';
import { pilotStart } from './pilot-start.js';

const { signal } = new AbortController();
let home: string;
let printed: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'terrace-pilot-'));
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    printed += String(text);
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await rm(home, { recursive: true });
});

/** What a command printed as JSON. */
async function json(run: () => Promise<number>): Promise<unknown> {
  printed = '';
  expect(await run()).toBe(0);
  return JSON.parse(printed);
}

const store = () => openSqliteDeploymentStore({ file: join(home, 'ledger.db'), clock: workingClock });

async function deploy(state: DeploymentState): Promise<void> {
  const deployment = store();
  const lease = await deployment.hold('a server');
  await deployment.write(state, lease);
  await lease.release();
  await deployment.close();
}

const configure = (...ids: readonly string[]) =>
  changeDeployment(deploymentFileOf(home), () => ({
    format: 1,
    maxLive: 2,
    windowMs: 86_400_000,
    budgetUsd: 1,
    models: ids.map((id) => ({ id, path: { kind: 'tier', tier: id } })),
  }));

describe('the commands of a pilot', () => {
  const flags = { kpi: ['accuracy>=90%', 'p95Ms<=200'], baseline: 'control:light:10%', until: '2999-12-31' };

  it('begin one, show it and end it', async () => {
    await deploy(exampleDeploymentState());
    expect(await json(() => pilotStart({ home, json: true, name: 'autumn', ...flags }))).toMatchObject({
      granted: 'now',
      plan: { name: 'autumn', leastRequests: 200 },
    });
    expect(await json(() => pilotStatus({ home, json: true }, signal))).toMatchObject({
      verdict: 'open',
      isFinal: false,
      requests: 0,
      findings: [{ value: null }, { value: null }],
    });
    expect(await json(() => pilotEnd({ home, json: true }, signal))).toMatchObject({ plan: { name: 'autumn' } });
    await expect(pilotStatus({ home }, signal)).rejects.toThrow(UnknownDeploymentError);
  });

  it('leave a wish while a server holds the deployment', async () => {
    await deploy(exampleDeploymentState());
    const server = store();
    const lease = await server.hold('a server');
    expect(await json(() => pilotStart({ home, json: true, name: 'autumn', ...flags }))).toMatchObject({
      granted: 'soon',
    });
    expect(await server.read()).toMatchObject({ window: { id: 'w1' } });
    await lease.release();
    await server.close();
  });
});

describe('the commands of a rollout', () => {
  it('leave wishes for the server', async () => {
    const life = { stage: 'live', sinceWallMs: 0, reason: undefined, failures: 0 } as const;
    const models = ['a', 'b'].map((model) => ({ model, ...life }));
    await configure('a', 'b');
    await deploy(exampleDeploymentState({ models, wishes: [] }));
    expect(await json(() => rolloutStart('b', { home, json: true, instead: 'a', costMargin: 'any' }))).toMatchObject({
      wish: { kind: 'roll-out', model: 'b', instead: 'a', unit: 'request', guard: { latencyMargin: 0.1 } },
    });
    expect(await json(() => rolloutStatus({ home, json: true }))).toEqual({ rollouts: [] });
    await expect(steerRollout('pause', 'b', { home })).rejects.toThrow(UnknownDeploymentError);
    const running = startRollout({ id: 'b-1', model: 'b', instead: 'a', unit: 'request', atWallMs: 0 });
    await deploy(exampleDeploymentState({ models, wishes: [], rollouts: [running] }));
    await expect(rolloutStart('a', { home, instead: 'b' })).rejects.toThrow('b-1 is under way');
    await expect(rolloutStart('c', { home, instead: 'a' })).rejects.toThrow(UnknownDeploymentError);
  });

  it('may name models that no server has seen yet, and no others', async () => {
    await expect(rolloutStart('b', { home, instead: 'a' })).rejects.toThrow('No deployment is set up');
    await configure('a', 'b');
    expect(await json(() => rolloutStart('b', { home, json: true, instead: 'a' }))).toMatchObject({
      wish: { kind: 'roll-out', model: 'b', instead: 'a' },
    });
    await expect(rolloutStart('c', { home, instead: 'a' })).rejects.toMatchObject({
      hint: expect.stringMatching(/^It has a, b;/),
    });
  });
});
