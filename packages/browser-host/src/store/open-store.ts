import { StorageError, type Clock, type FetchProgress, type Random } from '@terrace/core';
import type { UseStore } from 'idb-keyval';
import type { Addresses } from './addresses.js';
import { BrowserStore } from './browser-store.js';
import { ContentLocks } from './content-locks.js';
import { openFile } from './open-file.js';
import { StoreIndex } from './store-index.js';
import { StoredContents } from './stored-contents.js';
import { StoredFiles } from './stored-files.js';

export interface StoreOptions {
  /** Of the folder and the database; tabs with the same name share what is in them. */
  readonly name: string;
  readonly records: UseStore;
  readonly addresses: Addresses;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  readonly onWarning: (message: string) => void;
}

/** Opens the store of this origin, in a worker. Where nothing can be stored it holds files in memory. */
export async function openStore({ fetch, ...options }: StoreOptions): Promise<BrowserStore> {
  const disk = await openDisk(options).catch((error: unknown) => {
    if (StorageError.isInstance(error)) return error;
    throw error;
  });
  return new BrowserStore({ ...options, disk, open: openFile(fetch, 'no-store') });
}

/** @throws StorageError */
async function openDisk({ name, records, addresses, clock }: Omit<StoreOptions, 'fetch'>): Promise<StoredContents> {
  const [files, index] = await Promise.all([StoredFiles.open(name), StoreIndex.open(records)]);
  const locks = new ContentLocks(name);
  return new StoredContents({ files, index, locks, clock, isNamed: (sha256) => addresses.has(sha256) });
}
