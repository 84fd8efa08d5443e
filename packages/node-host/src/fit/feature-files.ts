import { createHash } from 'node:crypto';
import { open, readdir, readFile, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import type { FeatureCache } from '@terrace/core/deltas';
import { createTurns } from '@terrace/core/engine';
import { unwritable } from '../store/files/atomic-file.js';
import { makeFolder } from '../store/files/make-folder.js';
import { decodeRows, encodeRows, wholeBytes } from './feature-rows.js';

/** 300,000 texts of 384 features. */
const MOST_BYTES = 512 * 2 ** 20;
const SUFFIX = '.f32';

/** Where those of a device lie. */
export const featuresIn = (home: string): string => path.join(home, 'features');

interface FeatureFilesOptions {
  readonly folder: string;
  /** Of all files together. */
  readonly mostBytes?: number;
}

/**
 * Features in files that only grow, one a space. A row that was half written, or is not what was written, is one that is
 * not known; nothing that fails here fails a fit.
 */
export function createFeatureFiles({ folder, mostBytes = MOST_BYTES }: FeatureFilesOptions): FeatureCache {
  const inTurn = createTurns();
  const fileOf = (space: string): string =>
    path.join(folder, `${createHash('sha256').update(space).digest('hex')}${SUFFIX}`);

  const append = async (file: string, rows: ReadonlyMap<string, Float32Array>): Promise<void> => {
    const [first] = rows.values();
    if (!first) return;
    await makeFolder(folder);
    const bytes = encodeRows(rows);
    await makeRoom(folder, mostBytes - bytes.byteLength);
    // What comes near to telling a text is for its owner only.
    const handle = await open(file, 'a+', 0o600);
    try {
      await cutTornTail(handle, first.length);
      await handle.appendFile(bytes);
    } finally {
      await handle.close();
    }
  };

  return {
    async read(space, keys) {
      const content = await readFile(fileOf(space)).catch(() => undefined);
      return content ? decodeRows(content, keys) : keys.map(() => undefined);
    },
    write: (space, rows) => inTurn(() => append(fileOf(space), rows)).catch(() => undefined),
  };
}

/** What models made of texts comes near to telling them: it goes with them, and is made again. @throws StorageError */
export async function forgetFeatures(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true }).catch((cause: unknown) => {
    throw unwritable(folder, cause);
  });
}

async function cutTornTail(handle: FileHandle, features: number): Promise<void> {
  const { size } = await handle.stat();
  const whole = wholeBytes(size, features);
  if (whole < size) await handle.truncate(whole);
}

/** Files that were written to longest ago go first. */
async function makeRoom(folder: string, mostBytes: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(SUFFIX));
  const files = await Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name);
      const { size, mtimeMs } = await stat(file);
      return { file, size, mtimeMs };
    }),
  );
  let bytes = files.reduce((sum, { size }) => sum + size, 0);
  for (const { file, size } of files.toSorted((a, b) => a.mtimeMs - b.mtimeMs)) {
    if (bytes <= mostBytes) return;
    await rm(file, { force: true });
    bytes -= size;
  }
}
