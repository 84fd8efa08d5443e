import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder } from '../bundle/testing/tiny-models.js';
import { thisProcess } from '../content/process-owner.js';
import { OWNER, removeStale } from './remove-stale.js';

/** No system gives a process this number. */
const NOBODY = 2 ** 22 + 1;

it('removes what dead processes staged, and neither what living ones do nor what is to be finished, whatever the clock says', async () => {
  const overlay = temporaryFolder();
  const self = await thisProcess();
  const stage = (name: string, file: string, content: object): string => {
    const folder = path.join(overlay, '.incoming', name);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, file), JSON.stringify(content));
    utimesSync(folder, 1, 1);
    return folder;
  };
  const living = stage('living', OWNER, self);
  const begun = stage('begun', 'commit.json', { places: [] });
  const dead = stage('dead', OWNER, { ...self, pid: NOBODY });
  const old = stage('old', 'anything', {});
  await removeStale(overlay);
  expect([living, begun, dead, old].map((folder) => existsSync(folder))).toEqual([true, true, false, false]);
});
