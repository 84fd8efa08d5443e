import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Catalog } from '@terrace/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { openFolder, openModelFolders } from '../catalog/model-folders.js';
import { noModels, snapshot, temporaryFolder, tinyModels } from '../bundle/testing/tiny-models.js';
import { withStaging } from './staging.js';
import { swapTogether } from './swap-together.js';

const { signal } = new AbortController();
const PLACES = ['models/tiny', 'deltas/weather/tiny'];
let overlay: string;
let shipped: string;
let below: Catalog;

/** Lays out both places as they would be staged. */
async function layOut(staging: string, seed: string): Promise<void> {
  const models = await tinyModels({ seed });
  cpSync(path.join(models, 'tiny'), path.join(staging, 'new/models/tiny'), { recursive: true });
  cpSync(path.join(models, 'deltas'), path.join(staging, 'new/deltas'), { recursive: true });
}

const install = (seed: string): Promise<unknown> =>
  withStaging(overlay, async (staging) => {
    await layOut(staging, seed);
    return swapTogether({ overlay, below, staging, places: PLACES, signal });
  });

const weights = (): string => readFileSync(path.join(overlay, 'models/tiny/model.onnx'), 'utf8').slice(0, 9);
const open = () => openModelFolders({ shipped, added: overlay });

beforeEach(async () => {
  overlay = path.join(temporaryFolder(), 'models');
  shipped = await noModels();
  below = (await openFolder(shipped)).catalog;
  await install('a');
});

describe('swapTogether', () => {
  it('puts several places in place, and nothing stays aside', async () => {
    await install('b');
    expect(weights()).toBe('weights b');
    expect((await open()).warnings).toEqual([]);
    expect(Object.keys(snapshot(overlay)).filter((name) => name.startsWith('.incoming'))).toEqual([]);
  });

  it('puts everything back when a step fails', async () => {
    const before = snapshot(overlay);
    const failing = withStaging(overlay, async (staging) => {
      await layOut(staging, 'b');
      writeFileSync(path.join(staging, 'new/deltas/weather/tiny/delta.json'), '{}');
      return swapTogether({ overlay, below, staging, places: PLACES, signal });
    });
    await expect(failing).rejects.toMatchObject({ code: 'INVALID_CATALOG' });
    expect(snapshot(overlay)).toEqual(before);
  });

  // The states a kill can leave: nothing moved, one of two moved with the old one aside, all moved.
  it.each([0, 1, 2])(
    'is finished by whoever opens the folder after a crash that came when %s places were moved',
    async (moved) => {
      const staging = path.join(overlay, '.incoming/killed');
      await layOut(staging, 'b');
      writeFileSync(path.join(staging, 'commit.json'), JSON.stringify({ places: PLACES }));
      for (const [index, place] of PLACES.slice(0, moved).entries()) {
        mkdirSync(path.join(staging, 'old'), { recursive: true });
        renameSync(path.join(overlay, place), path.join(staging, 'old', String(index)));
        renameSync(path.join(staging, 'new', place), path.join(overlay, place));
      }
      const { warnings, current } = await open();
      expect(warnings).toEqual(['an installation that was interrupted was finished']);
      expect(weights()).toBe('weights b');
      expect(current().models[0]!.variants[0]!.weights.sha256).toBe(Object.values(current().deltas[0]!.base.files)[0]);
      expect(existsSync(staging)).toBe(false);
      expect((await open()).warnings).toEqual([]);
    },
  );

  it('is finished also when the crash came between the old place and the new', async () => {
    const staging = path.join(overlay, '.incoming/killed');
    await layOut(staging, 'b');
    writeFileSync(path.join(staging, 'commit.json'), JSON.stringify({ places: PLACES }));
    renameSync(path.join(overlay, PLACES[0]!), path.join(staging, 'aside'));
    await open();
    expect(weights()).toBe('weights b');
  });

  it('is finished once by several that open the folder together', async () => {
    const staging = path.join(overlay, '.incoming/killed');
    await layOut(staging, 'b');
    writeFileSync(path.join(staging, 'commit.json'), JSON.stringify({ places: PLACES }));
    const opened = await Promise.all([open(), open(), open()]);
    expect(opened.flatMap(({ warnings }) => warnings)).toHaveLength(1);
    for (const { current } of opened) expect(current().models).toHaveLength(1);
    expect(weights()).toBe('weights b');
  });

  it('does not stop a start when it was interrupted and cannot be finished here', async () => {
    const staging = path.join(overlay, '.incoming/killed');
    await layOut(staging, 'b');
    // A file where a folder should be made: as on a disk that is read-only, nothing can be put there.
    writeFileSync(path.join(overlay, 'full'), '');
    renameSync(path.join(staging, 'new/models'), path.join(staging, 'new/full'));
    writeFileSync(path.join(staging, 'commit.json'), JSON.stringify({ places: ['full/tiny'] }));
    const { warnings, current } = await open();
    expect(warnings).toEqual([expect.stringContaining('could not be finished')]);
    expect(current().models).toHaveLength(1);
  });

  it.each([
    ['is no JSON', '{"pla'],
    ['has no places', '{}'],
    ['names the whole folder', '{"places":["."]}'],
  ])('is set aside, with all it held, when its list %s', async (_, list) => {
    const staging = path.join(overlay, '.incoming/killed');
    await layOut(staging, 'b');
    writeFileSync(path.join(staging, 'commit.json'), list);
    const { warnings } = await open();
    expect(warnings).toEqual([expect.stringContaining('.interrupted-killed')]);
    expect(weights()).toBe('weights a');
    expect(existsSync(path.join(overlay, '.interrupted-killed/new/models/tiny/model.onnx'))).toBe(true);
    expect((await open()).warnings).toEqual([]);
  });

  it.each([0, 1])('takes away what an interrupted removal was to take, when %s of two were gone', async (gone) => {
    const staging = path.join(overlay, '.incoming/killed');
    mkdirSync(staging, { recursive: true });
    const away = ['deltas/weather/tiny', 'models/tiny'];
    writeFileSync(path.join(staging, 'commit.json'), JSON.stringify({ places: [], away }));
    for (const place of away.slice(0, gone)) renameSync(path.join(overlay, place), path.join(staging, 'gone'));
    const { current } = await open();
    expect([current().models, current().deltas]).toEqual([[], []]);
    expect(existsSync(path.join(overlay, 'models/tiny'))).toBe(false);
  });

  it('is not begun by a list that names a place outside', async () => {
    const staging = path.join(overlay, '.incoming/killed');
    mkdirSync(path.join(staging, 'new'), { recursive: true });
    writeFileSync(path.join(overlay, '../evil'), 'x');
    writeFileSync(path.join(staging, 'commit.json'), JSON.stringify({ places: ['../../../../evil'] }));
    await open();
    expect(existsSync(path.join(overlay, '../evil'))).toBe(true);
  });
});
