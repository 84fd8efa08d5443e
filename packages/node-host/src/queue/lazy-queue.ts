import { existsSync } from 'node:fs';
import type { Queue } from '@terrace/core';

/**
 * A queue whose file is made when the first request has to wait, and opened when there is one: a device that never
 * loses its network pays nothing for it.
 */
export function createLazyQueue({ file, open }: { file: string; open: () => Promise<Queue> }): Queue {
  let opening: Promise<Queue> | undefined;
  const opened = (): Promise<Queue> =>
    (opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    }));
  /** Undefined while nothing was ever queued. */
  const present = async (): Promise<Queue | undefined> => (opening || existsSync(file) ? opened() : undefined);
  return {
    add: async (queued) => (await opened()).add(queued),
    claim: async (leaseMs) => (await present())?.claim(leaseMs),
    finish: async (claim, ending) => (await opened()).finish(claim, ending),
    release: async (claim) => (await opened()).release(claim),
    read: async (requestId) => (await present())?.read(requestId),
    list: async (query) => (await present())?.list(query) ?? [],
    waiting: async () => (await present())?.waiting() ?? 0,
    forget: async (requestId) => (await present())?.forget(requestId) ?? false,
    forgetEnded: async (beforeWallMs) => (await present())?.forgetEnded(beforeWallMs) ?? 0,
    close: async () => (await opening)?.close(),
  };
}
