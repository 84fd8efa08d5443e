import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { filesOf } from '@terrace/core';
import { expect, it } from 'vitest';
import { noModels, tinyModels } from '../bundle/testing/tiny-models.js';
import { openFolder } from '../catalog/model-folders.js';
import { namedContents } from './named-contents.js';

it('names the weights of added models also when their catalog is missing or names fewer', async () => {
  const [shipped, added] = [await noModels(), await tinyModels()];
  const all = new Set(filesOf((await openFolder(added)).catalog).map(({ sha256 }) => sha256));
  expect(await namedContents({ shipped, added })).toEqual(all);
  const catalog = path.join(added, 'catalog.json');
  rmSync(catalog);
  expect(await namedContents({ shipped, added })).toEqual(all);
  const { catalog: empty } = await openFolder(shipped);
  writeFileSync(catalog, JSON.stringify(empty));
  expect(await namedContents({ shipped, added })).toEqual(all);
});

it('names nothing, but fails, when a manifest of an added model cannot be read', async () => {
  const [shipped, added] = [await noModels(), await tinyModels()];
  rmSync(path.join(added, 'catalog.json'));
  writeFileSync(path.join(added, 'tiny/model.json'), '{');
  await expect(namedContents({ shipped, added })).rejects.toMatchObject({ code: 'INVALID_CATALOG' });
});
