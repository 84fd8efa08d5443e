import { randomUUID } from 'node:crypto';
import { open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { OverloadedError, StorageError, type Claim, type Clock, type Queue, type QueuedRequest } from '@terrace/core';
import type { Connection, Use } from '../sqlite/connection.js';
import { databaseFailure } from '../sqlite/database-failure.js';
import { openDatabase } from '../sqlite/open-database.js';
import { retryWhenBusy } from '../sqlite/retry-when-busy.js';
import { isAlive, thisProcess } from '../store/content/process-owner.js';
import { makeFolder } from '../store/files/make-folder.js';
import { queueSchema } from './queue-schema.js';
import { ownerOf, toRow, toState, type QueuedRow } from './queued-rows.js';

export interface SqliteQueueOptions {
  readonly file: string;
  readonly clock: Clock;
  /** Requests that may wait. */
  readonly maxWaiting?: number;
}

const MAX_WAITING = 100_000;
/** A request is at most 64 KiB of text; JSON may need six characters for one. */
const MAX_REQUEST_CHARACTERS = 512 * 1024;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;

/**
 * The queue in a SQLite file of its own, which several processes may share. Only its owner may read it: unlike the
 * ledger it holds texts, and what is forgotten is overwritten.
 * @throws StorageError when the file cannot be opened, is no queue, or was written by a newer Terrace
 */
export async function openSqliteQueue({ file, clock, maxWaiting = MAX_WAITING }: SqliteQueueOptions): Promise<Queue> {
  const path = resolve(file);
  await keepPrivate(path);
  const connection = await openDatabase({ file: path, schema: queueSchema, clock });
  const owner = JSON.stringify(await thisProcess());
  return new SqliteQueue({ path, connection, clock, maxWaiting, owner });
}

/** SQLite gives its other files the mode that this one has. */
async function keepPrivate(path: string): Promise<void> {
  try {
    await makeFolder(dirname(path), 0o700);
    await (await open(path, 'a', 0o600)).close();
  } catch (cause) {
    throw databaseFailure({ doing: 'open', noun: 'queue', file: path, cause });
  }
}

interface Opened {
  readonly path: string;
  readonly connection: Connection;
  readonly clock: Clock;
  readonly maxWaiting: number;
  /** This process, as JSON. */
  readonly owner: string;
}

class SqliteQueue implements Queue {
  readonly #is: Opened;

  constructor(opened: Opened) {
    this.#is = opened;
  }

  async add({ requestId, atWallMs, request }: QueuedRequest): Promise<void> {
    if (request.length > MAX_REQUEST_CHARACTERS) throw tooLong(request.length);
    await this.#write('add to', async (transaction) => {
      const known = await transaction.execute({ sql: 'SELECT 1 FROM queued WHERE request_id = ?', args: [requestId] });
      if (known.rows.length > 0) return;
      const { rows } = await transaction.execute(COUNT_WAITING);
      if (Number(rows[0]?.['waiting']) >= this.#is.maxWaiting) throw tooMany(this.#is.maxWaiting);
      const sql = 'INSERT INTO queued (request_id, at_wall_ms, request) VALUES (?, ?, ?)';
      await transaction.execute({ sql, args: [requestId, atWallMs, request] });
    });
  }

  async claim(leaseMs: number): Promise<Claim | undefined> {
    const first = await this.#oldest();
    if (!first || (await this.#isHeld(first, leaseMs))) return undefined;
    const token = randomUUID();
    const untilWallMs = this.#is.clock.wallMs() + leaseMs;
    const kept = await this.#write('claim from', async (transaction) => {
      // Nobody else may have taken it meanwhile, nor ended it.
      const { rowsAffected } = await transaction.execute({
        sql: `UPDATE queued SET token = ?, owner = ?, lease_until_wall_ms = ?, tries = tries + 1
              WHERE request_id = ? AND ended_at_wall_ms IS NULL AND token IS ?`,
        args: [token, this.#is.owner, untilWallMs, first.request_id, first.token],
      });
      return rowsAffected === 1;
    });
    if (!kept) return undefined;
    const { request_id: requestId, at_wall_ms: atWallMs, request, tries } = first;
    return { queued: { requestId, atWallMs, request }, token, tries: tries + 1 };
  }

  finish({ queued, token }: Claim, ending: { readonly result: string } | { readonly error: string }): Promise<boolean> {
    const [result, error] = 'result' in ending ? [ending.result, null] : [null, ending.error];
    return this.#write('write to', async (transaction) => {
      const { rowsAffected } = await transaction.execute({
        sql: `UPDATE queued SET ended_at_wall_ms = ?, result = ?, error = ?, token = NULL, owner = NULL
              WHERE request_id = ? AND token = ? AND ended_at_wall_ms IS NULL`,
        args: [this.#is.clock.wallMs(), result, error, queued.requestId, token],
      });
      return rowsAffected === 1;
    });
  }

  async release({ queued, token }: Claim): Promise<void> {
    const sql = 'UPDATE queued SET token = NULL, owner = NULL WHERE request_id = ? AND token = ?';
    await this.#write('write to', (transaction) => transaction.execute({ sql, args: [queued.requestId, token] }));
  }

  async read(requestId: string) {
    const rows = await this.#rows('WHERE request_id = ?', [requestId]);
    return rows[0] && toState(rows[0]);
  }

  async list({ limit = DEFAULT_LIMIT, kind }: Parameters<Queue['list']>[0] = {}) {
    const where = { waiting: 'ended_at_wall_ms IS NULL', done: 'result IS NOT NULL', failed: 'error IS NOT NULL' };
    const condition = kind === undefined ? '' : `WHERE ${where[kind]}`;
    return (await this.#rows(`${condition} ORDER BY seq LIMIT ?`, [Math.min(limit, MAX_LIMIT)])).map(toState);
  }

  async waiting(): Promise<number> {
    const { rows } = await this.#read((transaction) => transaction.execute(COUNT_WAITING));
    return Number(rows[0]?.['waiting']);
  }

  forget(requestId: string): Promise<boolean> {
    return this.#remove('request_id = ?', requestId).then((removed) => removed > 0);
  }

  forgetEnded(beforeWallMs: number): Promise<number> {
    return this.#remove('ended_at_wall_ms < ?', beforeWallMs);
  }

  close(): Promise<void> {
    return this.#is.connection.close();
  }

  async #oldest(): Promise<QueuedRow | undefined> {
    return (await this.#rows('WHERE ended_at_wall_ms IS NULL ORDER BY seq LIMIT 1', []))[0];
  }

  /** A lease of a process that is gone is over; so is one that a clock gave which has been set back since. */
  async #isHeld(row: QueuedRow, leaseMs: number): Promise<boolean> {
    const nowMs = this.#is.clock.wallMs();
    const { token, lease_until_wall_ms: untilMs } = row;
    if (token === null || untilMs <= nowMs || untilMs > nowMs + leaseMs) return false;
    const owner = ownerOf(row);
    return owner === undefined || (await isAlive(owner)) !== false;
  }

  #remove(condition: string, value: string | number): Promise<number> {
    return this.#write('remove from', async (transaction) => {
      const { rowsAffected } = await transaction.execute({
        sql: `DELETE FROM queued WHERE ${condition}`,
        args: [value],
      });
      return rowsAffected;
    });
  }

  async #rows(rest: string, args: (string | number)[]): Promise<QueuedRow[]> {
    const { rows } = await this.#read((transaction) =>
      transaction.execute({ sql: `SELECT * FROM queued ${rest}`, args }),
    );
    return rows.map(toRow);
  }

  #read<T>(use: Use<T>): Promise<T> {
    return this.#guarded('read', () => this.#is.connection.read(use));
  }

  #write<T>(doing: string, use: Use<T>): Promise<T> {
    return this.#guarded(doing, () =>
      this.#is.connection.write(async (transaction) => {
        // What is removed must not stay readable in free pages. The setting belongs to the connection.
        await transaction.execute('PRAGMA secure_delete = ON');
        return use(transaction);
      }),
    );
  }

  async #guarded<T>(doing: string, operation: () => Promise<T>): Promise<T> {
    const { clock, path } = this.#is;
    try {
      return await retryWhenBusy({ operation, clock });
    } catch (cause) {
      if (OverloadedError.isInstance(cause)) throw cause;
      throw databaseFailure({ doing, noun: 'queue', file: path, cause });
    }
  }
}

const COUNT_WAITING = 'SELECT count(*) AS waiting FROM queued WHERE ended_at_wall_ms IS NULL';

const tooMany = (waiting: number): OverloadedError =>
  new OverloadedError({
    message: `${waiting} requests wait for the network already.`,
    hint: 'Let them be answered first (`terrace queue run`), or forget some (`terrace queue forget`).',
    facts: { waiting },
  });

const tooLong = (characters: number): StorageError =>
  new StorageError({
    message: `A request of ${characters} characters is too long for the queue.`,
    hint: `The limit is ${MAX_REQUEST_CHARACTERS}.`,
    facts: { characters, fault: 'entry' },
  });
