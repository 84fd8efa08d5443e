import { StorageError, type Clock } from '@terrace/core';
import { databaseFailure, failureNamed, isRefusal, reasonOf, type DatabaseName } from './database-failure.js';
import { databaseNames } from './database-names.js';
import { inTime } from './in-time.js';
import { openConnection } from './open-connection.js';

/** Opening takes milliseconds; where it takes longer than this, another tab or the browser is stuck. */
const OPEN_LIMIT_MS = 3000;

/** Brings a database from one version to the next. */
export type Migration = (database: IDBDatabase, transaction: IDBTransaction) => void;

export interface DatabaseOptions<C> extends DatabaseName {
  /** In order; the one at index n makes version n + 1. Never edit one that was released: add one. */
  readonly migrations: readonly Migration[];
  /** What the last version holds. */
  readonly stores: readonly string[];
  /** The form in which operations get a connection: as it is, or as `idb` makes it. */
  readonly as: (connection: IDBDatabase) => C;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Told once of a database that was left alone for another one. */
  readonly onWarning: (warning: StorageError) => void;
}

type Operation<C, T> = (database: C) => Promise<T>;

/**
 * A database that is opened at its first use, and again whenever its connection was lost: the user cleared the site's
 * data, the browser evicted it, another tab deletes it or brings a newer version. One that a newer Terrace has made, or
 * somebody else, cannot be renamed; it is left as it is and one beside it is used, so that nothing is lost.
 */
export class Database<C> {
  readonly #options: DatabaseOptions<C>;
  readonly #underWay = new Set<Promise<unknown>>();
  #connection: IDBDatabase | undefined;
  #opening: Promise<IDBDatabase> | undefined;
  #isStuck = false;
  #isBeside = false;
  #closing: Promise<void> | undefined;

  constructor(options: DatabaseOptions<C>) {
    this.#options = options;
  }

  /**
   * Runs one transaction: at once where the database is open, and again when its connection was lost meanwhile.
   * @param doing for messages, such as `append to`
   * @throws StorageError
   */
  async use<T>(doing: string, operation: Operation<C, T>): Promise<T> {
    if (this.#closing) throw isClosed(this.#options);
    const work = this.#use(operation);
    this.#underWay.add(work);
    try {
      return await work;
    } catch (cause) {
      throw databaseFailure({ ...this.#options, doing, cause });
    } finally {
      this.#underWay.delete(work);
    }
  }

  /** Whether there is one: where there is none, none is made. */
  async exists(): Promise<boolean> {
    if (this.#closing) throw isClosed(this.#options);
    if (this.#connection || this.#opening) return true;
    const found = await databaseNames(this.#options.clock).catch((): readonly string[] => []);
    // Where the browser does not tell, opening it does.
    return found === undefined || this.#names().some((name) => found.includes(name));
  }

  /** Ends after what is under way. */
  close(): Promise<void> {
    return (this.#closing ??= Promise.allSettled(this.#underWay).then(() => this.#connection?.close()));
  }

  async #use<T>(operation: Operation<C, T>): Promise<T> {
    for (let left = MAX_TRIES; ; left--) {
      let connection = this.#connection;
      try {
        connection ??= await this.#open();
        return await operation(this.#options.as(connection));
      } catch (error) {
        if (left === 1 || !isLost(error)) throw error;
        if (connection) this.#forget(connection);
      }
    }
  }

  #forget(connection: IDBDatabase): void {
    if (this.#connection === connection) this.#connection = undefined;
    connection.close();
  }

  /** @throws an error called LATE when it takes too long: whoever asks meanwhile does not wait again */
  async #open(): Promise<IDBDatabase> {
    this.#opening ??= this.#openUsable().finally(() => {
      this.#opening = undefined;
      this.#isStuck = false;
    });
    const opening = this.#opening;
    if (this.#isStuck) throw failureNamed('LATE', 'it still is not open');
    const connection = await inTime(this.#options.clock, OPEN_LIMIT_MS, opening);
    if (connection) return connection;
    this.#isStuck = this.#opening === opening;
    throw failureNamed('LATE', 'it still is not open');
  }

  async #openUsable(): Promise<IDBDatabase> {
    const [name, beside] = this.#names();
    try {
      return await this.#openNamed(name);
    } catch (error) {
      if (!UNUSABLE.has(reasonOf(error))) throw error;
      const connection = await this.#openNamed(beside);
      if (!this.#isBeside) this.#options.onWarning(isLeft(this.#options, beside, error));
      this.#isBeside = true;
      return connection;
    }
  }

  #names(): readonly [string, string] {
    const { name, migrations } = this.#options;
    return [name, `${name}-v${migrations.length}`];
  }

  async #openNamed(name: string): Promise<IDBDatabase> {
    const { migrations, stores } = this.#options;
    if (typeof indexedDB === 'undefined') throw failureNamed('MISSING', 'this browser has no IndexedDB');
    const connection = await this.#openVersion(name, migrations);
    if (!stores.every((store) => connection.objectStoreNames.contains(store))) {
      connection.close();
      throw failureNamed('FOREIGN', 'it is none of Terrace');
    }
    // Nobody waits any more for one that took too long.
    if (this.#closing && this.#underWay.size === 0) connection.close();
    else this.#connection = connection;
    return connection;
  }

  async #openVersion(name: string, migrations: readonly Migration[]): Promise<IDBDatabase> {
    try {
      return await openConnection(name, migrations.length, {
        upgrade(transaction, oldVersion) {
          for (const migrate of migrations.slice(oldVersion)) migrate(transaction.db, transaction);
        },
        // Others must not wait for this tab.
        onUnwanted: (connection) => this.#forget(connection),
      });
    } catch (error) {
      throw isRefusal(error) ? failureNamed('REFUSED', 'the browser lets this site store nothing', error) : error;
    }
  }
}

/** The browser may still be at throwing the old data away when the database is opened again. */
const MAX_TRIES = 3;

/** What a transaction ends with, or cannot begin with, when its connection is gone; Chromium knows no better name. */
const LOST: ReadonlySet<string> = new Set(['AbortError', 'InvalidStateError', 'UnknownError']);

/** Whether trying again may help: a transaction that ended with its connection has kept nothing. */
const isLost = (error: unknown): boolean => error instanceof DOMException && LOST.has(error.name);

/** Nothing under this name is of use here; another name may be. */
const UNUSABLE: ReadonlySet<string> = new Set(['VersionError', 'FOREIGN']);

const isClosed = ({ noun, name }: DatabaseName): StorageError =>
  new StorageError({
    message: `The ${noun} "${name}" is closed`,
    hint: 'Create another runtime.',
    facts: { database: name, reason: 'CLOSED' },
  });

const isLeft = ({ noun, name }: DatabaseName, beside: string, cause: unknown): StorageError =>
  new StorageError({
    message: `The database "${name}" is of a newer Terrace, or none of Terrace. It was left as it is, and the ${noun} "${beside}" is used instead.`,
    hint: 'Load the newer release of the page again; what is in either is kept.',
    facts: { database: name, beside, reason: reasonOf(cause) },
    cause,
  });
