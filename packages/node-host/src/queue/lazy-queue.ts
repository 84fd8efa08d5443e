import type { Queue } from '@terrace/core';
import { createLazyStore, type LazyStoreOptions } from '../sqlite/lazy-store.js';

export type LazyQueueOptions = Omit<LazyStoreOptions<Queue>, 'noun' | 'damagedHint'>;

/** A queue whose file is made when the first request has to wait: a device that never loses its network has none. */
export function createLazyQueue(options: LazyQueueOptions): Queue {
  const { use, useIfThere, close } = createLazyStore({
    ...options,
    noun: 'queue',
    damagedHint: 'What waited in it is not answered: `sqlite3 FILE .recover` shows what can still be read.',
  });
  return {
    add: (queued) => use((queue) => queue.add(queued)),
    claim: (leaseMs) => useIfThere(undefined, (queue) => queue.claim(leaseMs)),
    finish: (claim, ending) => useIfThere(false, (queue) => queue.finish(claim, ending)),
    release: (claim) => useIfThere(undefined, (queue) => queue.release(claim)),
    read: (requestId) => useIfThere(undefined, (queue) => queue.read(requestId)),
    list: (query) => useIfThere([], (queue) => queue.list(query)),
    waiting: () => useIfThere(0, (queue) => queue.waiting()),
    forget: (requestId) => useIfThere(false, (queue) => queue.forget(requestId)),
    forgetEnded: (beforeWallMs) => useIfThere(0, (queue) => queue.forgetEnded(beforeWallMs)),
    close,
  };
}
