import { wrap, type DBSchema, type IDBPDatabase } from 'idb';

/** A connection in the form of `idb`, whose rows have the types of a schema. */
export const withIdb = <S extends DBSchema>(connection: IDBDatabase): IDBPDatabase<S> =>
  wrap(connection) as unknown as IDBPDatabase<S>;
