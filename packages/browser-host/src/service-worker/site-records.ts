import type { Clock } from '@terrace/core';
import type { DBSchema, IDBPDatabase } from 'idb';
import { Database, type Migration } from '../indexed-db/database.js';
import { withIdb } from '../indexed-db/with-idb.js';
import type { FileList } from './file-list.js';

/** Which version a page or worker was loaded with. */
export interface PageRecord {
  /** Null for a page that came from the network, past everything here. */
  readonly version: string | null;
  readonly atWallMs: number;
}

interface Schema extends DBSchema {
  versions: { key: string; value: FileList };
  pointer: { key: 'current'; value: string };
  /** By the client's id. */
  pages: { key: string; value: PageRecord };
}

const STORES = ['versions', 'pointer', 'pages'] as const;

const migrations: readonly Migration[] = [
  (database) => {
    for (const store of STORES) database.createObjectStore(store);
  },
];

interface Recorded {
  readonly current: string | undefined;
  readonly versions: readonly FileList[];
  readonly pages: ReadonlyMap<string, PageRecord>;
}

/** What outlasts the life of a service worker, which a browser ends after half a minute without work. */
export class SiteRecords {
  readonly #database: Database<IDBPDatabase<Schema>>;

  constructor({ name, clock }: { readonly name: string; readonly clock: Pick<Clock, 'sleep'> }) {
    const onWarning = (): void => undefined;
    const schema = { migrations, stores: STORES, as: withIdb<Schema> };
    this.#database = new Database({ ...schema, name, clock, noun: 'records', onWarning });
  }

  /** @throws StorageError, as all of these */
  read(): Promise<Recorded> {
    return this.#database.use('read', async (database) => {
      const transaction = database.transaction(STORES, 'readonly');
      const pages = transaction.objectStore('pages');
      const [lists, current, ids, records] = await Promise.all([
        transaction.objectStore('versions').getAll(),
        transaction.objectStore('pointer').get('current'),
        pages.getAllKeys(),
        pages.getAll(),
      ]);
      return { current, versions: lists, pages: new Map(ids.map((id, i) => [id, records[i]!])) };
    });
  }

  /** Makes a version the current one, at once and for good: the disk has it when this resolves. */
  switchTo(list: FileList): Promise<void> {
    return this.#database.use('write to', async (database) => {
      const transaction = database.transaction(['versions', 'pointer'], 'readwrite', { durability: 'strict' });
      await Promise.all([
        transaction.objectStore('versions').put(list, list.version),
        transaction.objectStore('pointer').put(list.version, 'current'),
        transaction.done,
      ]);
    });
  }

  putPages(pages: ReadonlyMap<string, PageRecord>): Promise<void> {
    return this.#database.use('write to', async (database) => {
      const transaction = database.transaction('pages', 'readwrite');
      await Promise.all([...[...pages].map(([id, page]) => transaction.store.put(page, id)), transaction.done]);
    });
  }

  drop(what: { readonly versions: readonly string[]; readonly pages: readonly string[] }): Promise<void> {
    return this.#database.use('write to', async (database) => {
      const transaction = database.transaction(['versions', 'pages'], 'readwrite');
      await Promise.all([
        ...what.versions.map((id) => transaction.objectStore('versions').delete(id)),
        ...what.pages.map((id) => transaction.objectStore('pages').delete(id)),
        transaction.done,
      ]);
    });
  }
}
