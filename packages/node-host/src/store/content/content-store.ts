import { createHash, randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ArtifactCorruptError, StorageError, type DeviceProfile } from '@terrace/core';
import { readStorage } from '../../probe/disk.js';
import { unwritable } from '../files/atomic-file.js';
import { hashFile } from '../files/hash-file.js';
import { makeFolder } from '../files/make-folder.js';
import { holdContents, type Hold } from './in-use.js';
import { takeLock, type Lock } from './lock-file.js';
import { thisHost, type StoreHost } from './store-host.js';

/** Bytes by their hash. */
export interface Content {
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Writes the content to a file, from where an earlier try left it, and says what the whole file hashes to.
 * @returns sha256 in hex
 */
type Fill = (part: string) => Promise<string>;

interface ObtainOptions {
  /** For messages. */
  readonly name: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Files by the hash of their content, in `sha256/<first 2>/<64 hex>`, shared by processes. An object is whole
 * from the moment it has its name; what is on its way lies in `incoming`.
 */
export interface ContentStore {
  readonly root: string;
  readonly host: StoreHost;
  pathOf(sha256: string): string;
  /** By name and size: reads no content. */
  has(content: Content): boolean;
  /**
   * Reads the whole of it: one that a disk has damaged is forgotten, so that it can be brought again.
   * @throws the signal's reason
   */
  isSound(content: Content, signal: AbortSignal): Promise<boolean>;
  /**
   * Makes sure that a content is here, whoever brings it: a second process waits for the first one, or takes
   * over from it. Wrong bytes are thrown away and asked for once more.
   * @returns its path
   * @throws ArtifactCorruptError when they are wrong twice, StorageError when the disk is full or cannot be
   *   written, what `fill` throws, the signal's reason
   */
  obtain(content: Content, fill: Fill, options: ObtainOptions): Promise<string>;
  /** Keeps a small content that is in memory. @throws StorageError */
  put(bytes: Uint8Array): Promise<Content>;
  /** From now on until the release, or the end of this process, none of these is collected. @throws StorageError, the signal's reason */
  hold(hashes: readonly string[], signal?: AbortSignal): Promise<Hold>;
  /** @throws StorageError when so many more bytes would leave the disk less than its reserve */
  requireRoom(bytes: number): Promise<void>;
}

/** Bytes that are wrong are asked for once more: a line or a proxy may have changed them. */
const MAX_TRIES = 2;

/** What is written beside a part, and goes with it. */
export const stateOf = (part: string): string => `${part}.json`;

export async function openContentStore(
  root: string,
  {
    host = thisHost(),
    storage = () => readStorage(root),
  }: { host?: StoreHost | Promise<StoreHost>; storage?: () => Promise<DeviceProfile['storage']> } = {},
): Promise<ContentStore> {
  return createContentStore(root, await host, storage);
}

function createContentStore(
  root: string,
  host: StoreHost,
  storage: () => Promise<DeviceProfile['storage']>,
): ContentStore {
  const { files } = host;
  const pathOf = (sha256: string): string => join(root, 'sha256', sha256.slice(0, 2), sha256);
  const incoming = (name: string): string => join(root, 'incoming', name);
  const has = ({ sha256, bytes }: Content): boolean => {
    try {
      return statSync(pathOf(sha256), { throwIfNoEntry: false })?.size === bytes;
    } catch {
      // A file may stand where the state folder should be.
      return false;
    }
  };

  const makeFolderOf = async (path: string): Promise<void> => {
    await makeFolder(dirname(path)).catch((cause: unknown) => {
      throw unwritable(path, cause);
    });
  };

  const publish = async (part: string, sha256: string): Promise<void> => {
    const path = pathOf(sha256);
    await makeFolderOf(path);
    try {
      await files.rename(part, path);
      // Afterwards: a part that a crash leaves behind can still be gone on with.
      await files.chmod(path, 0o444);
      const folder = await files.open(dirname(path), 'r').catch(() => undefined);
      await folder?.sync().catch(() => undefined);
      await folder?.close();
    } catch (cause) {
      throw unwritable(path, cause);
    }
  };

  const dropPart = async (part: string): Promise<void> => {
    await files.rm(part, { force: true });
    await files.rm(stateOf(part), { force: true });
  };

  const requireRoom = async (bytes: number): Promise<void> => {
    const { freeBytes, reserveBytes } = await storage();
    if (freeBytes - bytes >= reserveBytes) return;
    throw new StorageError({
      message: `${root} has no room for ${bytes} more bytes: ${freeBytes} are free, and ${reserveBytes} are kept in reserve.`,
      hint: 'Free some space (`terrace models gc`), or choose another place (TERRACE_HOME).',
      facts: { folder: root, bytes, freeBytes, reserveBytes },
    });
  };

  /** Holding the lock. @returns false when the lock went to another process meanwhile */
  const bring = async (content: Content, fill: Fill, { lock, name }: { lock: Lock; name: string }) => {
    const part = incoming(`${content.sha256}.part`);
    const { size } = await files.stat(part).catch(() => ({ size: 0 }));
    await requireRoom(Math.max(0, content.bytes - size));
    for (let tries = 1; ; tries++) {
      const wrong = await fill(part).then(
        (found) => (found === content.sha256 ? undefined : corrupt(name, found, content)),
        (error: unknown) => {
          if (ArtifactCorruptError.isInstance(error)) return error;
          throw error;
        },
      );
      if (!(await lock.isMine())) return false;
      if (wrong) {
        await dropPart(part);
        if (tries === MAX_TRIES) throw wrong;
      } else {
        await publish(part, content.sha256);
        await files.rm(stateOf(part), { force: true });
        return true;
      }
    }
  };

  const obtain = async (content: Content, fill: Fill, { name, signal }: ObtainOptions): Promise<string> => {
    const path = pathOf(content.sha256);
    const lockPath = incoming(`${content.sha256}.lock`);
    while (!has(content)) {
      await makeFolderOf(lockPath);
      const lock = await takeLock(lockPath, host, signal);
      try {
        if (has(content) || (await bring(content, fill, { lock, name }))) break;
      } finally {
        await lock.release();
      }
    }
    return path;
  };

  return {
    root,
    host,
    pathOf,
    has,
    async isSound(content, signal) {
      if (!has(content)) return false;
      const path = pathOf(content.sha256);
      if ((await hashFile(path, { signal, open: files.open })) === content.sha256) return true;
      await files.rm(path, { force: true }).catch((cause: unknown) => {
        throw unwritable(path, cause);
      });
      return false;
    },
    obtain,
    requireRoom,
    async put(bytes) {
      const content = { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
      if (has(content)) return content;
      await requireRoom(bytes.length);
      const temporary = incoming(`${content.sha256}.${randomUUID()}.tmp`);
      await makeFolderOf(temporary);
      try {
        const file = await files.open(temporary, 'wx');
        try {
          await file.writeFile(bytes);
          await file.sync();
        } finally {
          await file.close();
        }
      } catch (cause) {
        await files.rm(temporary, { force: true }).catch(() => undefined);
        throw unwritable(temporary, cause);
      }
      await publish(temporary, content.sha256);
      return content;
    },
    hold: (hashes, signal) => holdContents(root, hashes, { host, signal }),
  };
}

const corrupt = (name: string, found: string, { sha256 }: Content): ArtifactCorruptError =>
  new ArtifactCorruptError({
    message: `${name} is not the file the catalog names, twice in a row: its sha256 is ${found}, not ${sha256}.`,
    hint: 'Nothing of it was kept. Tell its publisher, or fetch it from another place.',
    facts: { file: name, sha256: found, expected: sha256 },
  });
