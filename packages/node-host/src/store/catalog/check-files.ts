import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { filesOf, type Catalog, type FileRef, type Model, type ModelStore } from '@terrace/core';
import type { ModelFolder } from './model-folders.js';

/** How a file compares with what its catalog says. */
export interface FileState {
  readonly path: string;
  /**
   * `fetchable`: not here, and its model says where it comes from; `absent`: not here, as nothing but the hashes of a text
   * model ships.
   */
  readonly state: 'ok' | 'missing' | 'corrupt' | 'fetchable' | 'absent';
  readonly message?: string;
}

/**
 * Every file of a folder's catalog, read to its end and hashed in pieces.
 * @param store where a file may lie that is not in the folder
 * @throws the signal's reason when it aborts; a file that cannot be read is a state, not an error
 */
export async function* hashFiles(
  { path, catalog }: ModelFolder,
  signal: AbortSignal,
  store?: ModelStore,
): AsyncGenerator<FileState> {
  for (const file of filesOf(catalog)) {
    signal.throwIfAborted();
    const inFolder = await compareSize(path, file);
    const found = inFolder.state === 'missing' && store ? await elsewhere(store, file, inFolder) : inFolder;
    const bySize = orAbsent(found, file, catalog);
    yield bySize.state === 'ok' ? await compareHash(bySize.path, file, signal) : bySize;
  }
}

/** Presence and size alone: fast enough to ask at any time. */
export const checkSizes = ({ path, catalog }: ModelFolder): Promise<FileState[]> =>
  Promise.all(filesOf(catalog).map(async (file) => orAbsent(await compareSize(path, file), file, catalog)));

/** The model that generates text whose files are named by hashes alone, where the file is one of them. */
export const textModelOf = ({ path }: FileRef, { models }: Catalog): Model | undefined =>
  models.find(
    ({ text, source, tokenizer, tokenizerConfig, variants }) =>
      text !== undefined &&
      source === undefined &&
      [tokenizer, tokenizerConfig, ...variants.map(({ weights }) => weights)].some((file) => file?.path === path),
  );

function orAbsent(found: FileState, file: FileRef, catalog: Catalog): FileState {
  const model = found.state === 'missing' ? textModelOf(file, catalog) : undefined;
  return model
    ? { ...found, state: 'absent', message: `\`terrace models pull ${model.id} --from FOLDER\` brings it` }
    : found;
}

async function elsewhere(store: ModelStore, file: FileRef, missing: FileState): Promise<FileState> {
  switch (store.presence(file)) {
    case 'here':
      return { path: (await store.locate(file)).location, state: 'ok' };
    case 'fetchable':
      return { ...missing, state: 'fetchable', message: 'it is fetched when it is first used' };
    case 'missing':
      return missing;
  }
}

async function compareSize(folder: string, { path: name, bytes }: FileRef): Promise<FileState> {
  const path = join(folder, name);
  try {
    const { size } = await stat(path);
    if (size === bytes) return { path, state: 'ok' };
    return { path, state: 'corrupt', message: `it has ${size} bytes, the catalog says ${bytes}` };
  } catch (error) {
    return { path, state: 'missing', message: (error as Error).message };
  }
}

async function compareHash(path: string, { sha256 }: FileRef, signal: AbortSignal): Promise<FileState> {
  try {
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(path)) {
      signal.throwIfAborted();
      hash.update(chunk as Buffer);
    }
    if (hash.digest('hex') === sha256) return { path, state: 'ok' };
    return { path, state: 'corrupt', message: 'its sha256 is not the one in the catalog' };
  } catch (error) {
    signal.throwIfAborted();
    return { path, state: 'missing', message: `it cannot be read: ${(error as Error).message}` };
  }
}
