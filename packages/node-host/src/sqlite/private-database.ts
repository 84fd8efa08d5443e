import { resolve } from 'node:path';
import type { InArgs } from '@libsql/client/sqlite3';
import { OverloadedError } from '@terrace/core';
import type { Connection, Use } from './connection.js';
import { databaseFailure } from './database-failure.js';
import { keepPrivate } from './keep-private.js';
import type { DatabaseSchema } from './migrate.js';
import { identityOf, movedFile, type FileIdentity } from './moved-file.js';
import { openDatabase } from './open-database.js';
import { retryWhenBusy, waitingClock } from './retry-when-busy.js';

/**
 * What one store keeps in a SQLite file of its own, which several processes may share: only its owner may read it, as it
 * holds texts or answers, and what is removed is overwritten.
 */
export class PrivateDatabase {
  readonly #path: string;
  readonly #noun: DatabaseSchema['noun'];
  readonly #identity: FileIdentity | undefined;
  readonly #connection: Connection;

  private constructor(path: string, noun: DatabaseSchema['noun'], connection: Connection) {
    this.#path = path;
    this.#noun = noun;
    this.#connection = connection;
    this.#identity = identityOf(path);
  }

  /** @throws StorageError when the file cannot be opened, holds something else, or was written by a newer Terrace */
  static async open(file: string, schema: DatabaseSchema): Promise<PrivateDatabase> {
    const path = resolve(file);
    await keepPrivate({ noun: schema.noun, file: path });
    const connection = await openDatabase({ file: path, schema, clock: waitingClock });
    return new PrivateDatabase(path, schema.noun, connection);
  }

  /** @throws StorageError */
  read<T>(use: Use<T>): Promise<T> {
    return this.#guarded('read', () => this.#connection.read(use));
  }

  /** @throws StorageError */
  rows(sql: string, args: InArgs): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return this.read(async (transaction) => (await transaction.execute({ sql, args })).rows);
  }

  /**
   * @param doing how a failure is told, such as `add to`
   * @throws StorageError, OverloadedError where it is thrown by what writes
   */
  write<T>(doing: string, use: Use<T>): Promise<T> {
    return this.#guarded(doing, () =>
      this.#connection.write(async (transaction) => {
        // What is removed must not stay readable in free pages. The setting belongs to the connection.
        await transaction.execute('PRAGMA secure_delete = ON');
        return use(transaction);
      }),
    );
  }

  /** Where another process is at it, it is not done. Never rejects. */
  async tryWrite(use: Use<void>): Promise<void> {
    await this.#connection.write(use).catch(() => undefined);
  }

  /** What was removed is not in the log either. */
  emptyLog(): Promise<void> {
    return this.#connection.emptyLog();
  }

  /** What was removed is neither in the file nor in its log, and their room is given back. @throws StorageError */
  async shrink(): Promise<void> {
    // On a full disk the room of the log is what the file can be written anew in.
    await this.emptyLog();
    await this.#guarded('overwrite what was removed from', () => this.#connection.shrink());
    await this.emptyLog();
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  async #guarded<T>(doing: string, operation: () => Promise<T>): Promise<T> {
    try {
      if (identityOf(this.#path) !== this.#identity) throw movedFile({ noun: this.#noun, file: this.#path });
      return await retryWhenBusy({ operation, clock: waitingClock });
    } catch (cause) {
      if (OverloadedError.isInstance(cause)) throw cause;
      throw databaseFailure({ doing, noun: this.#noun, file: this.#path, cause });
    }
  }
}
