import type { Queue } from '@terrace/core';
import { IndexedDbQueue, type IndexedDbQueueOptions } from './indexed-db-queue.js';

/** The queue of a page, as it is loaded when something is to wait. */
export const openQueue = (options: IndexedDbQueueOptions): Queue => new IndexedDbQueue(options);
