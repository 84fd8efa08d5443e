import { join } from 'node:path';
import { unwritable } from '../files/atomic-file.js';
import type { ContentStore } from './content-store.js';
import { heldContents, lockBooks } from './in-use.js';
import { isLeftBehind, watchLock, type Lock } from './lock-file.js';

/** How long the first part of a download waits for the rest. */
const PART_KEEP_MS = 7 * 24 * 60 * 60_000;
/** Temporary files live for moments. */
const TEMPORARY_KEEP_MS = 60 * 60_000;

interface Removed {
  readonly kind: 'object' | 'partial download' | 'temporary file';
  /** The sha256 of an object, the name of another file. */
  readonly name: string;
  readonly bytes: number;
}

export interface Collected {
  readonly removed: readonly Removed[];
  readonly freedBytes: number;
  readonly keptBytes: number;
}

/**
 * Deletes objects that no catalog names and no living process uses, and what downloads left behind.
 * @param named hashes in installed catalogs; asked for after the marks are read: whoever installs a model keeps its
 *   mark until the catalog names the files. When it rejects, nothing is deleted.
 * @throws StorageError when something cannot be deleted, and what `named` throws
 */
export async function collectGarbage(
  store: ContentStore,
  {
    named,
    dryRun = false,
    signal,
  }: { named: () => Promise<ReadonlySet<string>>; dryRun?: boolean; signal?: AbortSignal | undefined },
): Promise<Collected> {
  const { root, host } = store;
  const removed: Removed[] = [];
  for (;;) {
    signal?.throwIfAborted();
    const books = await lockBooks(root, host, signal);
    try {
      const held = await heldContents(root, host);
      const { keptBytes, unused } = await sort(store, { held, kept: await named() });
      // What is used may have changed while another process had the books: it is all asked for again.
      if (!dryRun && !(await drop(unused, { store, books, removed }))) continue;
      const all = dryRun ? unused : removed;
      return { removed: all, freedBytes: all.reduce((sum, { bytes }) => sum + bytes, 0), keptBytes };
    } finally {
      await books.release();
    }
  }
}

/** @returns false when the books went to another process before the end */
async function drop(
  unused: readonly Removed[],
  { store: { root, pathOf, host }, books, removed }: { store: ContentStore; books: Lock; removed: Removed[] },
): Promise<boolean> {
  for (const entry of unused) {
    if (!(await books.isMine())) return false;
    const path = entry.kind === 'object' ? pathOf(entry.name) : join(root, 'incoming', entry.name);
    await host.files.rm(path, { force: true }).catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
    removed.push(entry);
  }
  return true;
}

async function sort(
  store: ContentStore,
  { held, kept }: { held: ReadonlySet<string>; kept: ReadonlySet<string> },
): Promise<{ keptBytes: number; unused: Removed[] }> {
  const unused: Removed[] = [];
  let keptBytes = 0;
  for (const sha256 of await objectsOf(store)) {
    const { size: bytes } = await store.host.files.stat(store.pathOf(sha256)).catch(() => ({ size: 0 }));
    if (held.has(sha256) || kept.has(sha256)) keptBytes += bytes;
    else unused.push({ kind: 'object', name: sha256, bytes });
  }
  return { keptBytes, unused: [...unused, ...(await leftovers(store, held))] };
}

/** The hashes of every object. */
export async function objectsOf({ root, host: { files } }: ContentStore): Promise<string[]> {
  const names = async (folder: string): Promise<string[]> => files.readdir(folder).catch(() => []);
  const folders = (await names(join(root, 'sha256'))).filter((name) => /^[0-9a-f]{2}$/.test(name));
  const objects = await Promise.all(folders.map((folder) => names(join(root, 'sha256', folder))));
  return objects.flat().filter((name) => /^[0-9a-f]{64}$/.test(name));
}

/** What lies in `incoming` and nobody works on; what a living process holds stays, whatever the clock says. */
async function leftovers({ root, host }: ContentStore, held: ReadonlySet<string>): Promise<Removed[]> {
  const { files, clock } = host;
  const folder = join(root, 'incoming');
  const names = await files.readdir(folder).catch(() => []);
  const busy = new Set(held);
  const found: Removed[] = [];
  for (const name of names.filter((each) => each.endsWith('.lock'))) {
    const content = await files.readFile(join(folder, name), 'utf8').catch(() => undefined);
    if (content === undefined) continue;
    if (await isLeftBehind(content, watchLock(join(folder, name), host), host))
      found.push({ kind: 'temporary file', name, bytes: content.length });
    else busy.add(name.slice(0, 64));
  }
  for (const name of names) {
    if (name.endsWith('.lock') || busy.has(name.slice(0, 64))) continue;
    const { size: bytes, mtimeMs } = await files.stat(join(folder, name)).catch(() => ({ size: 0, mtimeMs: Infinity }));
    const isPart = /\.part(\.json)?$/.test(name);
    if (clock.wallMs() - mtimeMs < (isPart ? PART_KEEP_MS : TEMPORARY_KEEP_MS)) continue;
    found.push({ kind: isPart ? 'partial download' : 'temporary file', name, bytes });
  }
  return found;
}
