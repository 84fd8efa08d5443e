import { createHash, type Hash } from 'node:crypto';
import type { PartFile } from '@terrace/core';
import { z } from 'zod';
import { stateOf, type Content } from '../content/content-store.js';
import type { StoreFiles } from '../content/store-host.js';
import { unwritable } from '../files/atomic-file.js';

const CHUNK_BYTES = 1 << 20;

/** Where a part comes from: a range is asked for only of the same version of the file. */
const stateSchema = z.object({ url: z.string(), etag: z.string() });

/** A part on the disk. */
export interface StoredPart extends PartFile {
  append(chunk: Uint8Array): Promise<void>;
  /** Puts it on the disk. @returns sha256 of the whole file */
  finish(): Promise<string>;
  close(): Promise<void>;
}

/** Opens a part where an earlier try left it; what is on the disk is hashed again. @throws StorageError */
export async function openPart(path: string, content: Content, files: StoreFiles): Promise<StoredPart> {
  const fail = (cause: unknown): never => {
    throw unwritable(path, cause);
  };
  const file = await files
    .open(path, 'r+')
    .catch((error: NodeJS.ErrnoException) => (error.code === 'ENOENT' ? files.open(path, 'wx+') : fail(error)))
    .catch(fail);
  let hash: Hash = createHash('sha256');
  let bytes = 0;
  let state = await readState(path, files);

  const rehash = async (): Promise<void> => {
    const buffer = Buffer.alloc(CHUNK_BYTES);
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length, bytes);
      if (bytesRead === 0) return;
      hash.update(buffer.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  };

  const clear = async (): Promise<void> => {
    hash = createHash('sha256');
    bytes = 0;
    state = undefined;
    await file.truncate(0).catch(fail);
    await files.rm(stateOf(path), { force: true }).catch(fail);
  };

  try {
    const { size } = await file.stat();
    if (size > content.bytes) await clear();
    else await rehash();
  } catch (error) {
    await file.close();
    throw error;
  }

  return {
    get bytes() {
      return bytes;
    },
    etagFor: (url) => (state?.url === url ? state.etag : undefined),
    async restart(url, etag) {
      await clear();
      // A weak one does not promise the same bytes.
      if (etag === null || etag.startsWith('W/')) return;
      state = { url, etag };
      await writeState(path, state, files).catch(fail);
    },
    async append(chunk) {
      try {
        for (let at = 0; at < chunk.length;) {
          at += (await file.write(chunk, at, chunk.length - at, bytes + at)).bytesWritten;
        }
      } catch (cause) {
        fail(cause);
      }
      hash.update(chunk);
      bytes += chunk.length;
    },
    async finish() {
      await file.sync().catch(fail);
      return hash.digest('hex');
    },
    close: () => file.close(),
  };
}

async function readState(path: string, files: StoreFiles): Promise<z.infer<typeof stateSchema> | undefined> {
  try {
    return stateSchema.parse(JSON.parse(await files.readFile(stateOf(path), 'utf8')));
  } catch {
    return undefined;
  }
}

async function writeState(path: string, state: z.infer<typeof stateSchema>, files: StoreFiles): Promise<void> {
  const file = await files.open(stateOf(path), 'w');
  try {
    await file.writeFile(JSON.stringify(state));
  } finally {
    await file.close();
  }
}
