import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeCatalogSourceContract, describeModelStoreContract, fakeFile } from '@terrace/core/testing';
import { expect, it, onTestFinished, vi } from 'vitest';
import { NodeRevisions } from '../revisions/node-revisions.js';
import { packedDelta } from '../testing/packed-delta.js';
import { readVerified } from '../files/verified-file.js';
import { openLiveModels, type LiveModelsOptions } from './live-models.js';
import { openModelFolders, shippedModels } from './model-folders.js';

const DOMAIN = 'banking77';
const NEVER_MS = 3_600_000;

async function device(options: Partial<LiveModelsOptions> = {}) {
  const home = mkdtempSync(path.join(os.tmpdir(), 'terrace-live-'));
  const added = path.join(home, 'models');
  const onFailure = vi.fn<(error: unknown) => void>();
  const shipped = shippedModels();
  const models = await openLiveModels({ shipped, added, onFailure, lookEveryMs: NEVER_MS, ...options });
  onTestFinished(async () => {
    await models.close();
    rmSync(home, { recursive: true, force: true });
  });
  // Another process, as far as the one that looks can tell.
  const revisions = new NodeRevisions({
    home,
    folders: () => openModelFolders({ shipped, added }),
    clock: { wallMs: () => 1 },
    requireSignatures: false,
  });
  const install = async (variant: number): Promise<string> => {
    const deltas = [packedDelta({ domain: DOMAIN, variant })];
    const { id } = await revisions.keep({ domain: DOMAIN, origin: 'attached', deltas, calibration: undefined });
    await revisions.activate(DOMAIN, id);
    return id;
  };
  const revision = () => models.current().domains.find(({ id }) => id === DOMAIN)?.ladderRevision;
  const nano = () => models.current().deltas.find(({ domain, base }) => domain === DOMAIN && base.id === 'nano')!;
  return { models, added, onFailure, revisions, install, revision, nano };
}

describeCatalogSourceContract('live models', async () => (await device()).models);

describeModelStoreContract('live models', async () => {
  const { models } = await device();
  return { store: models, present: models.current().models[0]!.tokenizer, absent: fakeFile('none.onnx') };
});

it('has a new catalog soon after another process has put a revision in force', async () => {
  const { install, revision, models } = await device({ lookEveryMs: 5 });
  const before = models.current();
  const id = await install(1);
  await vi.waitFor(() => expect(revision()).toBe(id), 3000);
  expect(models.current()).not.toBe(before);
});

it('looks at once when it is asked to, and keeps its catalog while nothing changes', async () => {
  const { models, install, revision } = await device();
  const before = models.current();
  expect(await models.refresh()).toBe(false);
  const id = await install(1);
  expect(models.current()).toBe(before);
  expect(await models.refresh()).toBe(true);
  expect(revision()).toBe(id);
  const now = models.current();
  expect(await models.refresh()).toBe(false);
  expect(models.current()).toBe(now);
});

it('keeps the catalog it has while the new one cannot be opened, and says so once', async () => {
  const { models, added, install, onFailure, revision } = await device();
  const id = await install(1);
  await models.refresh();
  const whole = path.join(added, 'aside.json');
  cpSync(path.join(added, 'catalog.json'), whole);
  writeFileSync(path.join(added, 'catalog.json'), '{"format":');
  expect(await models.refresh()).toBe(false);
  expect(await models.refresh()).toBe(false);
  expect(revision()).toBe(id);
  expect(onFailure).toHaveBeenCalledTimes(1);
  await install(2).catch(() => undefined);
  cpSync(whole, path.join(added, 'catalog.json'));
  await models.refresh();
  expect(revision()).toBe(id);
});

it('finds the files of a request that began before the change', async () => {
  const { models, install, nano } = await device();
  await install(1);
  await models.refresh();
  const old = nano();
  await install(2);
  expect(await readVerified(await models.locate(old.head))).toHaveLength(old.head.bytes);
  expect(nano().contentId).not.toBe(old.contentId);
  expect(models.presence(old.head)).toBe('here');
});

it('finds them while another process is about to move what it installs in place', async () => {
  const { models, added, install, nano } = await device();
  await install(1);
  await models.refresh();
  const old = nano();
  const moving = path.join(added, '.incoming/moving');
  mkdirSync(moving);
  writeFileSync(path.join(moving, 'commit.json'), '{"places":[]}');
  rmSync(path.join(added, old.head.path));
  expect(await readVerified(await models.locate(old.head))).toHaveLength(old.head.bytes);
});

it('reads the calibration of a catalog that was current', async () => {
  const { models, install } = await device();
  const before = models.current();
  const calibration = await models.calibration(DOMAIN);
  await install(1);
  await models.refresh();
  expect(await models.calibration(DOMAIN)).toBeUndefined();
  expect(await models.calibration(DOMAIN, before)).toEqual(calibration);
});

it('looks no more once it is closed', async () => {
  const { models, install, revision } = await device({ lookEveryMs: 2 });
  const before = revision();
  await models.close();
  await install(1);
  await sleep(20);
  expect(revision()).toBe(before);
});
