import { promisifyRequest, type UseStore } from 'idb-keyval';

/*
 * What `idb-keyval` does with a store that it is given. Its own functions bring along the one they make where they are
 * given none, and a start loads all of it.
 */

export const get = <T>(key: IDBValidKey, store: UseStore): Promise<T | undefined> =>
  store('readonly', (values) => promisifyRequest<T | undefined>(values.get(key)));

export const set = (key: IDBValidKey, value: unknown, store: UseStore): Promise<void> =>
  change(store, (values) => values.put(value, key));

export const del = (key: IDBValidKey, store: UseStore): Promise<void> => change(store, (values) => values.delete(key));

export const keys = (store: UseStore): Promise<IDBValidKey[]> =>
  store('readonly', (values) => promisifyRequest(values.getAllKeys()));

/** @param range of keys; all where it is absent */
export const entries = (store: UseStore, range?: IDBKeyRange): Promise<[IDBValidKey, unknown][]> =>
  store('readonly', async (values) => {
    const [names, found] = await Promise.all([
      promisifyRequest(values.getAllKeys(range)),
      promisifyRequest<unknown[]>(values.getAll(range)),
    ]);
    return names.map((name, i) => [name, found[i]]);
  });

const change = (store: UseStore, work: (values: IDBObjectStore) => void): Promise<void> =>
  store('readwrite', (values) => {
    work(values);
    return promisifyRequest(values.transaction);
  });
