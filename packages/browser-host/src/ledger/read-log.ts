import type { IDBPDatabase } from 'idb';
import type { LedgerSchema, LogName, LogRecord } from './ledger-schema.js';

/** Read in one go; whoever else wants the thread gets it between pages. */
const PAGE_RECORDS = 250;

type Read = <T>(operation: (database: IDBPDatabase<LedgerSchema>) => Promise<T>) => Promise<T>;

/** All records in pages, newest first, each page of a transaction of its own. What is appended meanwhile is left out. */
export async function* readLog<N extends LogName>(name: N, read: Read): AsyncGenerator<LogRecord<N>[]> {
  const [oldest = 0, newest = 0] = await read(async (database) => {
    const { store } = database.transaction(name);
    const ends = [store.openKeyCursor(), store.openKeyCursor(null, 'prev')];
    return (await Promise.all(ends)).map((cursor) => Number(cursor?.key ?? 0));
  });
  if (newest === 0) return;
  for (let last = newest; last >= oldest; last -= PAGE_RECORDS) {
    const range = IDBKeyRange.bound(last - PAGE_RECORDS, last, true);
    const rows = await read((database) => database.getAll(name, range));
    yield rows.flat().toReversed() as LogRecord<N>[];
  }
}
