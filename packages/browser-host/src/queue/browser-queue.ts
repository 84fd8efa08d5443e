import type { Queue } from '@terrace/core';
import { databaseNames } from '../indexed-db/database-names.js';
import { IndexedDbQueue, type IndexedDbQueueOptions } from './indexed-db-queue.js';

/** The queue of a page; undefined where its browser lets it store nothing, as what waits must outlast the page. */
export async function createBrowserQueue(options: IndexedDbQueueOptions): Promise<Queue | undefined> {
  if (typeof indexedDB === 'undefined') return undefined;
  try {
    await databaseNames(options.clock);
  } catch {
    return undefined;
  }
  return new IndexedDbQueue(options);
}
