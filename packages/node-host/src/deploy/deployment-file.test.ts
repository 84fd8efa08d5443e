import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exampleCatalog } from '@terrace/core/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkDeployment } from './check-deployment.js';
import { changeDeployment, readDeployment } from './deployment-file.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'terrace-deployment-'));
  file = join(folder, 'state', 'deployment.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const light = { id: 'light', path: { kind: 'tier', tier: 'nano' } };
const settings = { format: 1, models: [light], maxLive: 2, windowMs: 86_400_000, budgetUsd: 0.001 };

describe('the file of a deployment', () => {
  it('is made for its owner alone, and gives back what was set, with what is usual for all else', async () => {
    await expect(readDeployment(file)).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: 'No deployment is set up.',
    });
    await changeDeployment(file, (before) => {
      expect(before).toBeUndefined();
      return settings;
    });
    expect(await readDeployment(file)).toEqual({
      ...settings,
      models: [{ ...light, carries: 1, fixedCost: { onceUsd: 0, eachWindowUsd: 0 } }],
      auditShare: 0,
      feedback: 'drift',
      rates: { usdPerKilowattHour: 0, usdPerBusyHour: 0 },
      canary: false,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no live model', { maxLive: 0 }, 'maxLive is wrong: at least one model has to be live'],
    ['a negative budget', { budgetUsd: -1 }, 'budgetUsd'],
    ['a budget that is no number', { budgetUsd: 'much' }, 'budgetUsd'],
    ['an audit without an auditor', { auditShare: 0.1 }, 'auditor is wrong: audits need a tier that answers them'],
    ['a canary that is alone', { canary: true, maxLive: 1 }, 'maxLive is wrong: a canary answers beside another model'],
    ['an id twice', { models: [light, light] }, 'models is wrong: each id once'],
    ['an id that no terminal should print', { models: [{ ...light, id: '\u001b[2J' }] }, 'models[0].id'],
    ['a ladder of nothing', { models: [{ id: 'x', path: { kind: 'ladder', tiers: [] } }] }, 'models[0].path.tiers'],
    ['a share above 1', { models: [{ ...light, carries: 1.5 }] }, 'models[0].carries'],
    ['a field nobody knows', { maxLife: 3 }, 'maxLife'],
    ['another format', { format: 2 }, 'format'],
  ])('refuses %s, and keeps what was there', async (_, change, message) => {
    await changeDeployment(file, () => settings);
    await expect(changeDeployment(file, () => ({ ...settings, ...change }))).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: expect.stringContaining(message),
    });
    expect(await readDeployment(file)).toMatchObject({ maxLive: 2 });
    writeFileSync(file, JSON.stringify({ ...settings, ...change }));
    await expect(readDeployment(file)).rejects.toMatchObject({ code: 'INVALID_DATA', facts: { file } });
  });

  it('is not read where it is no JSON', async () => {
    await changeDeployment(file, () => settings);
    writeFileSync(file, '{');
    await expect(readDeployment(file)).rejects.toMatchObject({ code: 'INVALID_DATA' });
  });
});

describe('a deployment on this device', () => {
  const check = async (change: Record<string, unknown>) =>
    checkDeployment(await changeDeployment(file, () => ({ ...settings, ...change })), exampleCatalog());

  it('is used where every tier is there and its models carry all requests', async () => {
    expect(await check({})).toMatchObject({ models: [{ id: 'light' }] });
  });

  it('is refused with what there is', async () => {
    await expect(check({ models: [] })).rejects.toThrow('it has no models');
    const gone = { id: 'gone', path: { kind: 'ladder', tiers: ['nano', 'huge'] } };
    await expect(check({ models: [light, gone] })).rejects.toMatchObject({
      code: 'INVALID_DATA',
      message: expect.stringContaining('the model gone uses the tier "huge"'),
      hint: expect.stringContaining('nano, base'),
    });
    await expect(check({ auditShare: 0.1, auditor: 'oracle' })).rejects.toThrow('the auditor uses the tier "oracle"');
    await expect(check({ models: [{ ...light, carries: 0.5 }] })).rejects.toThrow('carry 50 % of the requests');
    await expect(check({ domain: 'nowhere' })).rejects.toMatchObject({ code: 'UNKNOWN_DOMAIN' });
  });
});
