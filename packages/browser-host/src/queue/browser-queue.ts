import type { Queue } from '@terrace/core';
import { databaseNames } from '../indexed-db/database-names.js';
import type { IndexedDbQueueOptions } from './indexed-db-queue.js';

/** What opens the queue, perhaps from a file of its own. */
export interface QueueModule {
  openQueue(options: IndexedDbQueueOptions): Queue;
}

/**
 * The queue of a page, which is loaded when something waits, or is to: until then it is empty without a look.
 * @returns undefined where the browser lets a page store nothing, as what waits must outlast the page
 */
export async function createBrowserQueue({
  load,
  ...options
}: IndexedDbQueueOptions & { readonly load: () => Promise<QueueModule> }): Promise<Queue | undefined> {
  const { name, clock } = options;
  if (typeof indexedDB === 'undefined') return undefined;
  try {
    await databaseNames(clock);
  } catch {
    return undefined;
  }
  let opening: Promise<Queue> | undefined;
  let isClosed = false;

  const openNow = async (): Promise<Queue> => {
    const queue = (await load()).openQueue(options);
    // It says itself that it is closed.
    if (isClosed) await queue.close();
    return queue;
  };

  const open = async (): Promise<Queue> => {
    opening ??= openNow();
    try {
      return await opening;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };

  /** Under its own name or the one it has where that is taken; where the browser does not tell, something may wait. */
  const isThere = async (): Promise<boolean> => {
    if (opening) return true;
    const found = await databaseNames(clock).catch((): readonly string[] => []);
    return found?.some((each) => each.startsWith(name)) !== false;
  };

  const openIfThere = async (): Promise<Queue | undefined> => ((await isThere()) ? open() : undefined);

  return {
    add: async (queued) => (await open()).add(queued),
    claim: async (leaseMs) => (await openIfThere())?.claim(leaseMs),
    finish: async (claim, ending) => (await open()).finish(claim, ending),
    release: async (claim) => (await open()).release(claim),
    read: async (requestId) => (await openIfThere())?.read(requestId),
    list: async (query) => (await (await openIfThere())?.list(query)) ?? [],
    waiting: async () => (await (await openIfThere())?.waiting()) ?? 0,
    forget: async (requestId) => (await (await openIfThere())?.forget(requestId)) ?? false,
    forgetEnded: async (beforeWallMs) => (await (await openIfThere())?.forgetEnded(beforeWallMs)) ?? 0,
    async close() {
      isClosed = true;
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
