import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { noModels, snapshot, temporaryFolder, tinyModels } from '../bundle/testing/tiny-models.js';
import { openModelFolders } from '../catalog/model-folders.js';
import { thisProcess } from '../content/process-owner.js';
import { addModel } from './add-model.js';
import { removeModel } from './remove-model.js';

const { signal } = new AbortController();
let overlay: string;
let shipped: string;

beforeEach(async () => {
  [overlay, shipped] = [path.join(temporaryFolder(), 'models'), await noModels()];
  const source = await tinyModels();
  await addModel({ folder: path.join(source, 'tiny'), overlay, shipped, signal });
  await addModel({ folder: path.join(source, 'deltas/weather/tiny'), overlay, shipped, signal });
});

describe('removeModel', () => {
  it('takes a model with its deltas away in one step, and leaves nothing aside', async () => {
    const removed = await removeModel({ id: 'tiny', overlay, shipped, withDeltas: true, signal });
    expect(removed).toMatchObject({ models: ['tiny'], deltas: ['weather/tiny'] });
    expect((await openModelFolders({ shipped, added: overlay })).current().models).toEqual([]);
    expect(existsSync(path.join(overlay, 'models/tiny'))).toBe(false);
    expect(readdirSync(path.join(overlay, '.incoming'))).toEqual([]);
  });

  it('puts everything back when the catalog cannot be written anew', async () => {
    mkdirSync(path.join(overlay, 'broken'));
    writeFileSync(path.join(overlay, 'broken/model.json'), '{');
    const before = snapshot(overlay);
    const removing = removeModel({ id: 'tiny', overlay, shipped, withDeltas: true, signal });
    await expect(removing).rejects.toMatchObject({ code: 'INVALID_CATALOG' });
    expect(snapshot(overlay)).toEqual(before);
  });

  it('waits for a process that changes the folder, until the caller leaves', async () => {
    const lock = path.join(overlay, '.incoming/overlay.lock');
    writeFileSync(lock, JSON.stringify({ owner: await thisProcess(), nonce: 'x' }));
    const leaving = { id: 'tiny', overlay, shipped, withDeltas: true, signal: AbortSignal.timeout(200) };
    await expect(removeModel(leaving)).rejects.toMatchObject({ name: 'TimeoutError' });
    expect(existsSync(path.join(overlay, 'models/tiny'))).toBe(true);
  });
});
