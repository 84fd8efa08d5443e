/**
 * Opens a database. A visit that reads and adds some rows does without the library that wraps every request.
 * @param how.onUnwanted told when another tab wants to delete or change the database, and when the browser has ended it
 */
export function openConnection(
  name: string,
  version: number,
  how: {
    readonly upgrade: (transaction: IDBTransaction, oldVersion: number) => void;
    readonly onUnwanted: (database: IDBDatabase) => void;
  },
): Promise<IDBDatabase> {
  const opening = indexedDB.open(name, version);
  return new Promise((resolve, reject) => {
    opening.addEventListener('upgradeneeded', ({ oldVersion }) => how.upgrade(opening.transaction!, oldVersion));
    opening.addEventListener('error', () => reject(opening.error!));
    opening.addEventListener('success', () => {
      const database = opening.result;
      for (const end of ['versionchange', 'close']) database.addEventListener(end, () => how.onUnwanted(database));
      resolve(database);
    });
  });
}
