import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Client } from '@libsql/client/sqlite3';
import { StorageError } from '@terrace/core';
import { makeFolder } from '../store/files/make-folder.js';
import { createConnection, type Connection } from './connection.js';
import { databaseFailure } from './database-failure.js';
import { migrate, needsMigration, type DatabaseSchema } from './migrate.js';
import { retryWhenBusy, type WaitingClock } from './retry-when-busy.js';

/** Short, because the driver waits on the event loop's thread; `retryWhenBusy` waits the rest of the time. */
const BUSY_TIMEOUT_MS = 10;

/**
 * Open or create a database, at the version of this program.
 * @throws StorageError when the folder or the file cannot be used
 */
export async function openDatabase({
  file,
  schema,
  clock,
}: {
  file: string;
  schema: DatabaseSchema;
  clock: WaitingClock;
}): Promise<Connection> {
  let client: Client | undefined;
  try {
    await makeFolder(dirname(file), 0o700);
    // Loading the native module takes tens of milliseconds: a command that never opens a ledger must not pay.
    // The sqlite3 entry leaves the remote clients out.
    const { createClient } = await import('@libsql/client/sqlite3');
    const opened = createClient({ url: pathToFileURL(file).href, concurrency: 1, timeout: BUSY_TIMEOUT_MS });
    client = opened;
    const connection = createConnection(opened);
    await retryWhenBusy({ operation: () => prepare({ client: opened, connection, file, schema }), clock });
    return connection;
  } catch (cause) {
    client?.close();
    throw databaseFailure({ doing: 'open', noun: schema.noun, file, cause });
  }
}

/** Safe to repeat: every step finds out what is already done. */
async function prepare({
  client,
  connection,
  file,
  schema,
}: {
  client: Client;
  connection: Connection;
  file: string;
  schema: DatabaseSchema;
}): Promise<void> {
  const row = await connection.read(async (transaction) => {
    const { rows } = await transaction.execute(
      `SELECT application_id, user_version, (SELECT count(*) FROM sqlite_schema) AS objects
       FROM pragma_application_id, pragma_user_version`,
    );
    return rows[0];
  });
  const outdated = needsMigration({
    file,
    applicationId: Number(row?.['application_id']),
    version: Number(row?.['user_version']),
    objects: Number(row?.['objects']),
    schema,
  });
  // Needs a lock, so not by `execute` (see connection.ts); whether it worked is asked afterwards.
  await client.executeMultiple('PRAGMA journal_mode = WAL');
  const mode = await client.execute('PRAGMA journal_mode');
  if (mode.rows[0]?.['journal_mode'] !== 'wal') {
    throw new StorageError({
      message: `The folder of ${file} does not support SQLite's write-ahead log`,
      hint: 'Set TERRACE_HOME to a folder on a local disk: network file systems lack the shared memory it needs.',
      facts: { file, sqliteCode: 'WAL_UNSUPPORTED' },
    });
  }
  if (outdated) await migrate({ connection, steps: schema.migrations });
}
