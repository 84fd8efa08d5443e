import { open, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { InvalidRequestError, readBundleHead, type BundleHead, type BundleSource } from '@terrace/core';
import { makeFolder } from '../add/staging.js';
import { unwritable } from '../files/atomic-file.js';
import { writeAll } from '../files/copy-file.js';
import { startHash } from '../files/start-hash.js';

/** A bundle whose manifest was read and holds together. Who signed it is still to be asked. */
export interface OpenBundle extends Omit<BundleHead, 'readFiles'> {
  /**
   * Writes the files below an empty folder.
   * @throws InvalidBundleError unless every byte to the end is the one that was promised; StorageError
   */
  unpack(root: string, onBytes: (bytes: number) => void, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** @throws InvalidRequestError when there is no such file, InvalidBundleError when it is not a bundle */
export async function openBundle(file: string): Promise<OpenBundle> {
  const handle = await open(file, 'r').catch((cause: unknown) => {
    throw unreadable(file, cause);
  });
  try {
    const { readFiles, ...head } = await readBundleHead(await sourceOf(handle, file), startHash);
    return {
      ...head,
      unpack: (root, onBytes, signal) =>
        readFiles(async ({ path }, content) => {
          const target = join(root, path);
          await makeFolder(dirname(target));
          await writeNew(target, async (to) => {
            const write = async (chunk: Uint8Array): Promise<void> => {
              await writeAll(to, chunk, target);
              onBytes(chunk.length);
            };
            await content({ write, signal });
          });
        }),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** @throws StorageError, what `fill` throws */
async function writeNew(target: string, fill: (to: FileHandle) => Promise<void>): Promise<void> {
  const to = await open(target, 'wx').catch((cause: unknown) => {
    throw unwritable(target, cause);
  });
  try {
    await fill(to);
    await to.sync().catch((cause: unknown) => {
      throw unwritable(target, cause);
    });
  } finally {
    await to.close();
  }
}

async function sourceOf(handle: FileHandle, name: string): Promise<BundleSource> {
  const entry = await handle.stat();
  if (!entry.isFile()) throw unreadable(name, new Error('it is not a file'));
  return {
    name,
    bytes: entry.size,
    async read(start, bytes) {
      const buffer = new Uint8Array(bytes);
      let at = 0;
      while (at < bytes) {
        const { bytesRead } = await handle.read(buffer, at, bytes - at, start + at);
        if (bytesRead === 0) break;
        at += bytesRead;
      }
      return buffer.subarray(0, at);
    },
  };
}

function unreadable(file: string, cause: unknown): InvalidRequestError {
  return new InvalidRequestError({
    message: `${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: 'Name a file that `terrace models bundle` wrote.',
    facts: { file },
    cause,
  });
}
