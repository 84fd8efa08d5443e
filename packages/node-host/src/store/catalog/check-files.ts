import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileRef } from '@terrace/core';
import { filesOf, type ModelFolder } from './model-folders.js';

/** How a file compares with what its catalog says. */
export interface FileState {
  readonly path: string;
  readonly state: 'ok' | 'missing' | 'corrupt';
  readonly message?: string;
}

/**
 * Every file of a folder's catalog, read to its end and hashed in pieces.
 * @throws the signal's reason when it aborts; a file that cannot be read is a state, not an error
 */
export async function* hashFiles({ path, catalog }: ModelFolder, signal: AbortSignal): AsyncGenerator<FileState> {
  for (const file of filesOf(catalog)) {
    signal.throwIfAborted();
    const bySize = await compareSize(path, file);
    yield bySize.state === 'ok' ? await compareHash(bySize.path, file, signal) : bySize;
  }
}

/** Presence and size alone: fast enough to ask at any time. */
export const checkSizes = ({ path, catalog }: ModelFolder): Promise<FileState[]> =>
  Promise.all(filesOf(catalog).map((file) => compareSize(path, file)));

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
