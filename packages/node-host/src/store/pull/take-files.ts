import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ArtifactMissingError, InvalidRequestError, type FetchProgress, type FileRef } from '@terrace/core';
import { hashFile } from '../files/hash-file.js';
import type { ContentStore } from '../content/content-store.js';
import { folderSource } from '../fetch/folder-source.js';

/** A folder of one model, or a cache with several; a whole disk is neither. */
const MAX_ENTRIES = 20_000;

/**
 * Brings files that a catalog names by their hashes from a folder into the content store, whatever they are called there.
 * @returns how many bytes were not in the store
 * @throws InvalidRequestError when there is no such folder; ArtifactMissingError that names what it does not hold, and
 *   then nothing was brought; ArtifactCorruptError, StorageError, the signal's reason
 */
export async function takeFiles(
  folder: string,
  files: readonly FileRef[],
  {
    store,
    signal,
    onProgress,
  }: {
    readonly store: ContentStore;
    readonly signal: AbortSignal;
    readonly onProgress: (progress: FetchProgress) => void;
  },
): Promise<number> {
  const source = await folderSource(folder, { files: store.host.files });
  const wanted: FileRef[] = [];
  for (const file of files) if (!(await store.isSound(file, signal))) wanted.push(file);
  const found = await findByHash(folder, wanted, signal);
  const missing = wanted.filter(({ sha256 }) => !found.has(sha256));
  if (missing.length > 0) throw incomplete(folder, missing);
  const totalBytes = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  await store.requireRoom(totalBytes);
  const hold = await store.hold(
    files.map(({ sha256 }) => sha256),
    signal,
  );
  try {
    let before = 0;
    for (const file of wanted) {
      const { path: name, bytes, sha256 } = file;
      const onBytes = (done: number): void => onProgress({ doneBytes: before + done, totalBytes, file: name });
      const fill = (part: string): Promise<string> => source.fill(found.get(sha256)!, part, file, { signal, onBytes });
      await store.obtain(file, fill, { name, signal });
      before += bytes;
    }
  } finally {
    await hold.release();
  }
  return totalBytes;
}

/** Where in a folder each content lies: only files of the right size are read. @returns sha256 to the path in it */
async function findByHash(
  folder: string,
  files: readonly FileRef[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const sizes = new Set(files.map(({ bytes }) => bytes));
  const found = new Map<string, string>();
  for (const path of await pathsIn(folder, signal)) {
    const facts = await stat(path).catch(() => undefined);
    if (!facts?.isFile() || !sizes.has(facts.size)) continue;
    const sha256 = await hashFile(path, { signal }).catch(() => undefined);
    signal.throwIfAborted();
    if (sha256 !== undefined) found.set(sha256, relative(folder, path).split(sep).join('/'));
  }
  return found;
}

/** All that lies in a folder and those in it. What may not be read is left out: whether it matters shows in what is missing. */
async function pathsIn(folder: string, signal: AbortSignal): Promise<string[]> {
  const paths: string[] = [];
  const folders = [folder];
  for (const each of folders) {
    signal.throwIfAborted();
    for (const entry of await readdir(each, { withFileTypes: true }).catch(() => [])) {
      (entry.isDirectory() ? folders : paths).push(join(each, entry.name));
    }
    // Before the rest of a disk is looked at.
    if (folders.length + paths.length <= MAX_ENTRIES) continue;
    throw new InvalidRequestError({
      message: `${folder} holds more than ${MAX_ENTRIES} files.`,
      hint: 'Name the folder of one model.',
      facts: { folder, mostEntries: MAX_ENTRIES },
    });
  }
  return paths;
}

const incomplete = (folder: string, missing: readonly FileRef[]): ArtifactMissingError =>
  new ArtifactMissingError({
    message: `${folder} does not hold ${missing.map(({ path, bytes }) => `${path} (${bytes} bytes)`).join(', ')}.`,
    hint: `Files go by their hashes, whatever they are called. Wanted: ${missing.map(({ path, sha256 }) => `${path} with sha256 ${sha256}`).join(', ')}.`,
    facts: { folder, missing: missing.length },
  });
