import { createStore, type UseStore } from 'idb-keyval';

/** The small database of a store: its index, and the catalogs that were kept. */
export const openRecords = (name: string): UseStore => createStore(`${name}-store`, 'records');
