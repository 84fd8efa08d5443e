import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ArtifactCorruptError, ArtifactMissingError, type LocatedFile } from '@terrace/core';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { readVerified } from './verified-file.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-verified-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

const sha256Of = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

function write(content: Buffer): LocatedFile {
  const location = path.join(folder, 'weights.onnx');
  writeFileSync(location, content);
  return { location, bytes: content.length, sha256: sha256Of(content) };
}

const reasonOf = (file: LocatedFile): Promise<unknown> => readVerified(file).catch((error: unknown) => error);

// The file is read in pieces of 1 MiB: sizes around them.
it.each([0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])('returns %i bytes as they are', async (bytes) => {
  const content = Buffer.alloc(bytes, 'terrace');
  expect(Buffer.from(await readVerified(write(content))).equals(content)).toBe(true);
});

it('leaves so many bytes free before them', async () => {
  const content = Buffer.alloc((1 << 20) + 1, 'terrace');
  const found = await readVerified(write(content), 7);
  expect(found.byteOffset).toBe(7);
  expect(Buffer.from(found).equals(content)).toBe(true);
});

it.each([0, 1 << 20, (2 << 20) - 1])('refuses a file whose byte %i is flipped, and says which file', async (at) => {
  const content = Buffer.alloc(2 << 20, 'terrace');
  const file = write(content);
  content[at]! ^= 1;
  writeFileSync(file.location, content);
  const error = await reasonOf(file);
  expect(ArtifactCorruptError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ facts: { file: file.location }, message: expect.stringContaining('sha256') });
});

it.each([
  ['longer', 1],
  ['shorter', -1],
])('refuses a %s file by its size', async (_, difference) => {
  const file = write(Buffer.alloc(100));
  writeFileSync(file.location, Buffer.alloc(100 + difference));
  const error = await reasonOf(file);
  expect(ArtifactCorruptError.isInstance(error)).toBe(true);
  expect((error as Error).message).toContain(`it has ${100 + difference} bytes, the catalog says 100`);
});

it('tells a missing file from a corrupt one, with the reason', async () => {
  const file = { ...write(Buffer.alloc(1)), location: path.join(folder, 'none.onnx') };
  const error = await reasonOf(file);
  expect(ArtifactMissingError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ facts: { file: file.location }, cause: { code: 'ENOENT' } });
  expect((error as ArtifactMissingError).hint).toContain('models verify');
});

it('does not take a folder for a file', async () => {
  const file = { ...write(Buffer.alloc(1)), location: path.join(folder, 'folder') };
  mkdirSync(file.location);
  expect(await reasonOf(file)).toBeInstanceOf(Error);
});
