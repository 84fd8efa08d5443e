import { pathToFileURL } from 'node:url';
import type { Client } from '@libsql/client/sqlite3';
import { databaseFailure, isCorrupt, type DatabaseName } from './database-failure.js';

/**
 * What SQLite says is wrong with a database; empty when it is whole. It is neither created nor changed.
 * @throws StorageError when it cannot be opened for another reason than its content
 */
export async function damageOf({ noun, file }: DatabaseName): Promise<readonly string[]> {
  const { createClient } = await import('@libsql/client/sqlite3');
  let client: Client | undefined;
  try {
    client = createClient({ url: pathToFileURL(file).href, concurrency: 1 });
    const { rows } = await client.execute('PRAGMA integrity_check');
    return rows.map((row) => String(row['integrity_check'])).filter((line) => line !== 'ok');
  } catch (cause) {
    if (!isCorrupt(cause)) throw databaseFailure({ doing: 'check', noun, file, cause });
    return [cause instanceof Error ? cause.message : String(cause)];
  } finally {
    client?.close();
  }
}
