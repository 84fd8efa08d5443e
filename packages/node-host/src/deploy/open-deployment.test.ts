import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shippedModels } from '../store/catalog/model-folders.js';
import { createNodeRuntime, type NodeRuntime } from '../create-node-runtime.js';
import { afterAll, beforeAll, expect, it } from 'vitest';

const built = new URL('../../dist/bundle/engine-worker.js', import.meta.url);
const domain = 'clinc150';
const home = mkdtempSync(join(tmpdir(), 'terrace-deployed-'));
const failures: unknown[] = [];
let runtime: NodeRuntime;

const open = (): Promise<NodeRuntime> =>
  createNodeRuntime({
    home,
    modelsFolder: shippedModels(),
    deployment: true,
    engineWorkerUrl: built,
    onFailure: (error) => failures.push(error),
  });

beforeAll(async () => {
  const ladder = (id: string, tiers: readonly string[]) => ({ id, path: { kind: 'ladder', tiers } });
  const settings = {
    format: 1,
    domain,
    maxLive: 2,
    windowMs: 3_600_000,
    budgetUsd: 0.001,
    auditShare: 1,
    auditor: 'small',
    models: [ladder('light', ['nano']), ladder('heavy', ['nano', 'small'])],
  };
  writeFileSync(join(home, 'deployment.json'), JSON.stringify(settings));
  runtime = await open();
}, 60_000);

afterAll(async () => {
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

it('routes requests among what it has loaded and tested, audits their answers, and no other process may', async () => {
  const state = async () => (await runtime.deployment!.status()).state;
  await expect.poll(async () => (await state()).window?.id, { timeout: 30_000 }).toBe('w1');
  expect((await state()).models).toMatchObject([
    { model: 'light', stage: 'live' },
    { model: 'heavy', stage: 'live' },
  ]);
  const { trace, requestId } = await runtime.run({ text: 'freeze my card', domain });
  const [route] = trace;
  expect(route).toMatchObject({ kind: 'route', window: 'w1', model: expect.stringMatching(/^(light|heavy)$/) });
  expect(trace.filter(({ kind }) => kind === 'load')).toEqual([]);
  await expect
    .poll(async () => (await runtime.deployment!.status()).models.reduce((sum, { rewards }) => sum + rewards, 0))
    .toBe(1);
  await runtime.flush();
  await expect(open()).rejects.toMatchObject({ code: 'LEASE_HELD' });
  // What only answers is in nobody's way.
  const beside = await createNodeRuntime({ home, modelsFolder: shippedModels(), engineWorkerUrl: built });
  expect(beside.deployment).toBeUndefined();
  const answer = await beside.run({ text: 'freeze my card', domain });
  expect(answer.trace.some(({ kind }) => kind === 'route')).toBe(false);
  await beside.close();
  expect(requestId).toBeDefined();
  expect(failures).toEqual([]);
}, 60_000);
