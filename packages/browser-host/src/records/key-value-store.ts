import type { UseStore } from 'idb-keyval';
import { Database, type DatabaseOptions, type Migration } from '../indexed-db/database.js';

const migrations: readonly Migration[] = [(database) => void database.createObjectStore('values')];

/**
 * A database of its own for the functions of `idb-keyval`, which by itself would keep another tab from deleting it, and
 * would not notice that this has happened.
 */
export function openKeyValueStore(options: Pick<DatabaseOptions<IDBDatabase>, 'name' | 'clock'>): UseStore {
  const database = new Database({
    ...options,
    noun: 'records',
    migrations,
    stores: ['values'],
    as: (connection) => connection,
    // Records are only ever a saving of time.
    onWarning: () => undefined,
  });
  return (mode, callback) =>
    database.use(mode === 'readonly' ? 'read' : 'write to', async (connection) =>
      callback(connection.transaction('values', mode).objectStore('values')),
    );
}
