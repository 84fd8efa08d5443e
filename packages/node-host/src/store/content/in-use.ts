import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { unwritable } from '../files/atomic-file.js';
import { makeFolder } from '../files/make-folder.js';
import { FOREIGN_STALE_MS, HEARTBEAT_MS, takeLock, type Lock } from './lock-file.js';
import { processOwnerSchema } from './process-owner.js';
import type { StoreHost } from './store-host.js';

export interface Hold {
  release(): Promise<void>;
}

const markSchema = z.strictObject({ owner: processOwnerSchema, sha256: z.array(z.string().regex(/^[0-9a-f]{64}$/)) });

/** Marks are made, and objects are deleted, only by whoever has this: a mark is seen, or its maker sees the deletion. */
export async function lockBooks(root: string, host: StoreHost, signal?: AbortSignal): Promise<Lock> {
  const path = join(root, 'books.lock');
  await makeFolder(root).catch((cause: unknown) => {
    throw unwritable(root, cause);
  });
  return takeLock(path, host, signal);
}

/** Writes a mark that names what this process uses: `users/<pid>-<id>.json`. @throws StorageError, the signal's reason */
export async function holdContents(
  root: string,
  hashes: readonly string[],
  { host, signal }: { host: StoreHost; signal?: AbortSignal | undefined },
): Promise<Hold> {
  const { files, owner } = host;
  const path = join(root, 'users', `${owner.pid}-${randomUUID()}.json`);
  const books = await lockBooks(root, host, signal);
  try {
    await makeFolder(join(root, 'users'));
    // Where nobody ever collects, the marks of processes that were killed would add up.
    await heldContents(root, host);
    const file = await files.open(path, 'wx');
    try {
      await file.writeFile(JSON.stringify({ owner, sha256: hashes }));
    } finally {
      await file.close();
    }
  } catch (cause) {
    await files.rm(path, { force: true }).catch(() => undefined);
    throw unwritable(path, cause);
  } finally {
    await books.release();
  }
  const beat = setInterval(() => {
    const now = new Date();
    files.utimes(path, now, now).catch(() => undefined);
  }, HEARTBEAT_MS);
  beat.unref();
  return {
    async release() {
      clearInterval(beat);
      await files.rm(path, { force: true }).catch(() => undefined);
    },
  };
}

/** What living processes use; marks of dead ones are removed. To be called with the books locked. */
export async function heldContents(root: string, { files, clock, isAlive }: StoreHost): Promise<Set<string>> {
  const folder = join(root, 'users');
  const held = new Set<string>();
  for (const name of await files.readdir(folder).catch(() => [])) {
    const path = join(folder, name);
    const mark = await readMark(path, files);
    const { mtimeMs } = await files.stat(path).catch(() => ({ mtimeMs: 0 }));
    const alive = (mark && (await isAlive(mark.owner))) ?? clock.wallMs() - mtimeMs < FOREIGN_STALE_MS;
    if (!alive) await files.rm(path, { force: true });
    else for (const sha256 of mark?.sha256 ?? []) held.add(sha256);
  }
  return held;
}

async function readMark(path: string, files: StoreHost['files']): Promise<z.infer<typeof markSchema> | undefined> {
  try {
    return markSchema.parse(JSON.parse(await files.readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}
