import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ArtifactMissingError, InvalidCatalogError, InvalidRequestError } from '@terrace/core';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openSource } from './source-folder.js';
import { readSourceJson } from './source-text.js';

let folder: string;

beforeEach(() => {
  const outer = mkdtempSync(path.join(os.tmpdir(), 'terrace-source-'));
  onTestFinished(() => rmSync(outer, { recursive: true, force: true }));
  folder = path.join(outer, 'model');
  mkdirSync(folder);
  writeFileSync(path.join(outer, 'outside.json'), '{}');
});

describe('openSource', () => {
  it('finds a file, and says when there is none', async () => {
    writeFileSync(path.join(folder, 'config.json'), '{"a": 1}');
    const source = await openSource(folder);
    const found = await source.find('config.json', 100);
    expect(found?.bytes).toBe(8);
    expect(await readSourceJson(found!)).toEqual({ a: 1 });
    expect(await source.find('model.json', 100)).toBeUndefined();
    await expect(source.require('model.json', 100)).rejects.toThrow(ArtifactMissingError);
  });

  it('follows a link that stays inside', async () => {
    writeFileSync(path.join(folder, 'real.json'), '{}');
    symlinkSync('real.json', path.join(folder, 'config.json'));
    expect(await (await openSource(folder)).find('config.json', 100)).toMatchObject({ bytes: 2 });
  });

  it.each([
    ['leaves the folder', () => symlinkSync('../outside.json', path.join(folder, 'config.json'))],
    ['leads nowhere', () => symlinkSync('nowhere.json', path.join(folder, 'config.json'))],
    ['is not a plain file', () => mkdirSync(path.join(folder, 'config.json'))],
    ['is empty', () => writeFileSync(path.join(folder, 'config.json'), '')],
    [
      'at most 100',
      () => (writeFileSync(path.join(folder, 'config.json'), ''), truncateSync(path.join(folder, 'config.json'), 101)),
    ],
  ])('refuses a name that %s', async (why, make) => {
    make();
    const source = await openSource(folder);
    const refused = source.find('config.json', 100);
    await expect(refused).rejects.toThrow(InvalidRequestError);
    await expect(refused).rejects.toThrow(why);
  });

  it('refuses text that is not JSON', async () => {
    writeFileSync(path.join(folder, 'config.json'), '<html>');
    const file = await (await openSource(folder)).require('config.json', 100);
    await expect(readSourceJson(file)).rejects.toThrow(InvalidCatalogError);
  });

  it('refuses what is no folder', async () => {
    await expect(openSource(path.join(folder, 'none'))).rejects.toThrow(InvalidRequestError);
  });
});
