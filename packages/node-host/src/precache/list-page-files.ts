import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidDataError } from '@terrace/core';
import { hashFile } from '../store/files/hash-file.js';

/** One file of a deployed page, as `offline.json` names it. */
export interface PageFile {
  /** Below the folder, with `/` between names. */
  readonly path: string;
  readonly bytes: number;
  /** In hex. */
  readonly sha256: string;
  /** Kept from its first use on, and not before. */
  readonly whenUsed?: true;
}

/** What the service worker of the page reads: `packages/browser-host/src/service-worker/file-list.ts`. */
export interface PageList {
  /** sha256 of `files` as JSON without spaces, in hex. */
  readonly version: string;
  readonly files: readonly PageFile[];
}

export interface PageFolder {
  readonly folder: string;
  readonly isLeftOut: (path: string) => boolean;
  readonly isWhenUsed: (path: string) => boolean;
  readonly signal: AbortSignal;
}

/**
 * Every file of a folder as a server sends it, in the order of their paths: the same files make the same list.
 * @throws InvalidDataError for what no server can send, what the system says of a file that cannot be read
 */
export async function listPageFiles({ folder, isLeftOut, isWhenUsed, signal }: PageFolder): Promise<PageList> {
  const files: PageFile[] = [];
  for (const path of (await pathsIn(folder, '', isLeftOut)).toSorted(byCodeUnits)) {
    const file = join(folder, path);
    const sha256 = await hashFile(file, { signal });
    const { size: bytes } = await stat(file);
    files.push({ path, bytes, sha256, ...(isWhenUsed(path) && { whenUsed: true as const }) });
  }
  return { version: createHash('sha256').update(JSON.stringify(files)).digest('hex'), files };
}

async function pathsIn(root: string, below: string, isLeftOut: PageFolder['isLeftOut']): Promise<string[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  const found = await Promise.all(
    entries.map(async (entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (isLeftOut(path)) return [];
      if (/[\\\p{Cc}\uFFFD]/u.test(entry.name)) throw unservable(path, 'its name cannot stand in an address');
      if (entry.isDirectory()) return pathsIn(root, path, isLeftOut);
      if (entry.isFile() || (await isFile(join(root, path)))) return [path];
      throw unservable(path, entry.isSymbolicLink() ? 'it is a link to no file' : 'it is no file');
    }),
  );
  return found.flat();
}

/** A link is what it points to. */
const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );

const byCodeUnits = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

const unservable = (path: string, why: string): InvalidDataError =>
  new InvalidDataError({
    message: `${JSON.stringify(path)} cannot be served: ${why}.`,
    hint: 'Remove it from the folder, or leave it out with --exclude.',
    facts: { path },
  });
