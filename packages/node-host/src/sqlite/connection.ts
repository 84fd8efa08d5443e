import { setImmediate } from 'node:timers/promises';
import type { Client, Transaction } from '@libsql/client/sqlite3';

export type Use<T> = (transaction: Transaction) => Promise<T>;

/** The one connection to a file; transactions run one after the other. */
export interface Connection {
  /** Sees one moment of the file. @throws the driver's error, or what `use` throws */
  read<T>(use: Use<T>): Promise<T>;
  /** Durable once it resolves; nothing is kept when it rejects. @throws like `read` */
  write<T>(use: Use<T>): Promise<T>;
  /**
   * Moves what was written into the file itself and leaves the log empty, so that what was removed is nowhere any more.
   * Does nothing while another process reads or writes. Never rejects.
   */
  emptyLog(): Promise<void>;
  /** Writes the file anew without what is free in it, and gives its room back. @throws the driver's error */
  shrink(): Promise<void>;
  /** After what was asked before. Never rejects. */
  close(): Promise<void>;
}

/*
 * In WAL mode a commit survives kill -9 at any setting, as its frames are in the kernel's page cache. NORMAL
 * syncs the log only at checkpoints, so a power cut or kernel crash may roll back commits that were already
 * acknowledged; the port promises "durable once it resolves" and edge boxes lose power. FULL syncs the log at
 * every commit: one fsync, which group commit shares between callers. On macOS fsync leaves data in the
 * drive's cache, hence fullfsync (no effect elsewhere). Both belong to a connection, which the driver may have
 * replaced since the last write, so each write sets them.
 * See https://www.sqlite.org/pragma.html#pragma_synchronous and https://www.sqlite.org/wal.html
 */
const DURABLE = 'PRAGMA synchronous = FULL; PRAGMA fullfsync = ON';

/*
 * A statement that fails with SQLITE_BUSY stays in progress until the driver's object is garbage-collected, and
 * until then no commit on that connection succeeds ("SQL statements in progress"). So no lock is ever taken by
 * `execute` or by the driver's own BEGIN IMMEDIATE, but in `executeMultiple`, which ends its statements at once.
 * The driver's BEGIN takes no lock; settings cannot change inside it.
 */
const LOCK_TO_WRITE = `ROLLBACK; ${DURABLE}; BEGIN IMMEDIATE`;
const LOCK_TO_READ = 'SELECT 1 FROM sqlite_schema LIMIT 1';

/** @param client with `concurrency: 1`: the driver is synchronous, so more connections could do no more at once */
export function createConnection(client: Client): Connection {
  let last: Promise<unknown> = Promise.resolve();
  /**
   * The driver refuses, instead of queueing, what arrives during a transaction. It is synchronous, and frees a statement
   * only when the event loop gets a turn: without one between two transactions a thousand of them fill 28 MB and each
   * takes ten times as long as the first.
   */
  const afterLast = <T>(operation: () => Promise<T>): Promise<T> => {
    const result = last.then(operation);
    last = result.catch(() => undefined).then(() => setImmediate());
    return result;
  };
  return {
    read: (use) => afterLast(() => inTransaction({ client, lock: LOCK_TO_READ, use })),
    write: (use) => afterLast(() => inTransaction({ client, lock: LOCK_TO_WRITE, use })),
    emptyLog: () => afterLast(() => emptyLog(client)),
    shrink: () => afterLast(() => client.executeMultiple('VACUUM')),
    close: () => afterLast(() => close(client)),
  };
}

async function inTransaction<T>({ client, lock, use }: { client: Client; lock: string; use: Use<T> }): Promise<T> {
  const transaction = await client.transaction('deferred');
  try {
    await transaction.executeMultiple(lock);
    const result = await use(transaction);
    await transaction.commit();
    return result;
  } finally {
    transaction.close();
  }
}

async function emptyLog(client: Client): Promise<void> {
  try {
    await client.executeMultiple('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // Everything is durable in the log already; whoever opens the file next moves it over.
  }
}

async function close(client: Client): Promise<void> {
  // The driver lets go of the file only when its statements are collected, so the log is emptied here.
  await emptyLog(client);
  client.close();
}
