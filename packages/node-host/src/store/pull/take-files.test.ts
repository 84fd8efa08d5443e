import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ArtifactMissingError, InvalidRequestError, type FileRef } from '@terrace/core';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { openContentStore, type ContentStore } from '../content/content-store.js';
import { takeFiles } from './take-files.js';

const root = mkdtempSync(path.join(os.tmpdir(), 'terrace-take-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const CONTENTS = { weights: 'some weights', tokenizer: 'a tokenizer' };
const refOf = (name: keyof typeof CONTENTS): FileRef => ({
  path: `text/${name}`,
  bytes: CONTENTS[name].length,
  sha256: createHash('sha256').update(CONTENTS[name]).digest('hex'),
});
const BOTH = [refOf('weights'), refOf('tokenizer')];

let folder: string;
let store: ContentStore;
beforeEach(async () => {
  folder = mkdtempSync(path.join(root, 'from-'));
  store = await openContentStore(mkdtempSync(path.join(root, 'store-')));
});

const put = (name: string, content: string): void => {
  mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
  writeFileSync(path.join(folder, name), content);
};
const take = (from = folder) =>
  takeFiles(from, BOTH, { store, signal: new AbortController().signal, onProgress: () => undefined });

it('finds files by their content, whatever they are called and wherever they lie', async () => {
  put('onnx/deep/a.bin', CONTENTS.weights);
  put('vocabulary', CONTENTS.tokenizer);
  put('onnx/same-size.bin', 'another one!');
  expect(await take()).toBe(CONTENTS.weights.length + CONTENTS.tokenizer.length);
  expect(readFileSync(store.pathOf(BOTH[0]!.sha256), 'utf8')).toBe(CONTENTS.weights);
  expect(await take()).toBe(0);
});

it('says which files a folder misses, and then takes none', async () => {
  put('tokenizer.json', CONTENTS.tokenizer);
  await expect(take()).rejects.toThrow(`${folder} does not hold text/weights (12 bytes)`);
  await expect(take()).rejects.toMatchObject({ code: ArtifactMissingError.code });
  expect(store.has(BOTH[1]!)).toBe(false);
});

it('follows links within the folder, and no others', async () => {
  put('blobs/a', CONTENTS.weights);
  put('tokenizer.json', CONTENTS.tokenizer);
  symlinkSync(path.join(folder, 'blobs/a'), path.join(folder, 'model.onnx'));
  await take();
  const elsewhere = path.join(root, 'elsewhere');
  writeFileSync(elsewhere, CONTENTS.weights);
  rmSync(path.join(folder, 'blobs'), { recursive: true });
  rmSync(path.join(folder, 'model.onnx'));
  symlinkSync(elsewhere, path.join(folder, 'model.onnx'));
  store = await openContentStore(mkdtempSync(path.join(root, 'store-')));
  await expect(take()).rejects.toMatchObject({ code: InvalidRequestError.code });
});

it('refuses what is no folder', async () => {
  await expect(take(path.join(root, 'none'))).rejects.toMatchObject({ code: InvalidRequestError.code });
});
