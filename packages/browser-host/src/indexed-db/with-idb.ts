import { wrap, type DBSchema, type IDBPDatabase } from 'idb';

/** A connection in the form of `idb`, whose rows have the types of a schema. */
export function withIdb<S extends DBSchema>(connection: IDBDatabase): IDBPDatabase<S> {
  if (!Object.hasOwn(connection, 'transaction')) {
    const begin = connection.transaction.bind(connection);
    connection.transaction = (...how) => {
      const transaction = begin(...how);
      // `idb` makes a promise of the end of each transaction, which nobody awaits after a read: when the browser throws
      // the data away just then, that is no rejection that went unseen.
      wrap(transaction).done.catch(() => undefined);
      return transaction;
    };
  }
  return wrap(connection) as unknown as IDBPDatabase<S>;
}
