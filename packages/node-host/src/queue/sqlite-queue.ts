import { randomUUID } from 'node:crypto';
import type { Transaction } from '@libsql/client/sqlite3';
import type { Claim, Clock, Queue, QueuedRequest } from '@terrace/core';
import { PrivateDatabase } from '../sqlite/private-database.js';
import { isAlive, thisProcess } from '../store/content/process-owner.js';
import { badId, tooLong, tooMany, tooMuch } from './queue-refusals.js';
import { queueSchema } from './queue-schema.js';
import { ownerOf, toRow, toState, type QueuedRow } from './queued-rows.js';

export interface SqliteQueueOptions {
  readonly file: string;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Requests that may wait. */
  readonly maxWaiting?: number;
  /** UTF-8 bytes of all requests that wait. */
  readonly maxWaitingBytes?: number;
  /** UTF-8 bytes of requests that have ended and their endings: above it the oldest are forgotten. */
  readonly maxEndedBytes?: number;
}

const MAX_WAITING = 100_000;
const MAX_WAITING_BYTES = 256 * 2 ** 20;
const MAX_ENDED_BYTES = 256 * 2 ** 20;
/** A request is at most 64 KiB of text; JSON may need six bytes for one of them. */
const MAX_REQUEST_BYTES = 512 * 2 ** 10;
const MAX_ID_CHARACTERS = 256;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;

/**
 * The queue in a SQLite file of its own, which several processes may share. Only its owner may read it: unlike the
 * ledger it holds texts, and what is forgotten is overwritten.
 * @throws StorageError when the file cannot be opened, is no queue, or was written by a newer Terrace
 */
export async function openSqliteQueue({ file, clock, ...limits }: SqliteQueueOptions): Promise<Queue> {
  const { maxWaiting = MAX_WAITING, maxWaitingBytes = MAX_WAITING_BYTES, maxEndedBytes = MAX_ENDED_BYTES } = limits;
  const database = await PrivateDatabase.open(file, queueSchema);
  const owner = JSON.stringify(await thisProcess());
  return new SqliteQueue({ database, clock, maxWaiting, maxWaitingBytes, maxEndedBytes, owner });
}

interface Opened {
  readonly database: PrivateDatabase;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
  readonly maxEndedBytes: number;
  /** This process, as JSON. */
  readonly owner: string;
}

class SqliteQueue implements Queue {
  readonly #is: Opened;

  constructor(opened: Opened) {
    this.#is = opened;
  }

  async add({ requestId, atWallMs, request }: QueuedRequest): Promise<void> {
    const { maxWaiting, maxWaitingBytes } = this.#is;
    const bytes = Buffer.byteLength(request);
    if (bytes > MAX_REQUEST_BYTES) throw tooLong(bytes, MAX_REQUEST_BYTES);
    if (requestId === '' || requestId.length > MAX_ID_CHARACTERS || requestId.includes('\0')) throw badId();
    await this.#is.database.write('add to', async (transaction) => {
      const known = await transaction.execute({ sql: 'SELECT 1 FROM queued WHERE request_id = ?', args: [requestId] });
      if (known.rows.length > 0) return;
      const waiting = await totals(transaction, WAITING);
      if (waiting.requests >= maxWaiting) throw tooMany(maxWaiting);
      if (waiting.bytes + bytes > maxWaitingBytes) throw tooMuch(waiting.bytes);
      const sql = 'INSERT INTO queued (request_id, at_wall_ms, bytes, request) VALUES (?, ?, ?, ?)';
      await transaction.execute({ sql, args: [requestId, atWallMs, bytes, request] });
    });
  }

  async claim(leaseMs: number): Promise<Claim | undefined> {
    const first = await this.#oldest();
    if (!first || (await this.#isHeld(first, leaseMs))) return undefined;
    const token = randomUUID();
    const untilWallMs = this.#is.clock.wallMs() + leaseMs;
    const kept = await this.#is.database.write('claim from', async (transaction) => {
      // Nobody else may have taken it meanwhile, nor ended it.
      const { rowsAffected } = await transaction.execute({
        sql: `UPDATE queued SET token = ?, owner = ?, lease_until_wall_ms = ?, tries = tries + 1
              WHERE request_id = ? AND state = 'waiting' AND token IS ?`,
        args: [token, this.#is.owner, untilWallMs, first.request_id, first.token],
      });
      return rowsAffected === 1;
    });
    if (!kept) return undefined;
    const { request_id: requestId, at_wall_ms: atWallMs, request, tries } = first;
    return { queued: { requestId, atWallMs, request }, token, tries: tries + 1 };
  }

  finish({ queued, token }: Claim, ending: { readonly result: string } | { readonly error: string }): Promise<boolean> {
    const [state, text] = 'result' in ending ? ['done', ending.result] : ['failed', ending.error];
    return this.#is.database.write('write to', async (transaction) => {
      const { rowsAffected } = await transaction.execute({
        sql: `UPDATE queued SET state = ?, ended_at_wall_ms = ?, ending = ?, bytes = bytes + ?, token = NULL, owner = NULL
              WHERE request_id = ? AND token = ? AND state = 'waiting'`,
        args: [state, this.#is.clock.wallMs(), text, Buffer.byteLength(text), queued.requestId, token],
      });
      if (rowsAffected === 1) await forgetOldest(transaction, this.#is.maxEndedBytes);
      return rowsAffected === 1;
    });
  }

  async release({ queued, token }: Claim): Promise<void> {
    const sql = 'UPDATE queued SET token = NULL, owner = NULL WHERE request_id = ? AND token = ?';
    await this.#is.database.write('write to', (transaction) =>
      transaction.execute({ sql, args: [queued.requestId, token] }),
    );
  }

  async read(requestId: string) {
    const rows = await this.#rows('WHERE request_id = ?', [requestId]);
    return rows[0] && toState(rows[0]);
  }

  /** The default limit is 100 and the largest 10,000; a larger one is lowered. */
  async list({ limit = DEFAULT_LIMIT, kind }: Parameters<Queue['list']>[0] = {}) {
    const most = Math.max(0, Math.min(Math.trunc(limit), MAX_LIMIT));
    const rows =
      kind === undefined
        ? await this.#rows('ORDER BY seq LIMIT ?', [most])
        : await this.#rows('WHERE state = ? ORDER BY seq LIMIT ?', [kind, most]);
    return rows.map(toState);
  }

  async waiting(): Promise<number> {
    return (await this.#is.database.read((transaction) => totals(transaction, WAITING))).requests;
  }

  forget(requestId: string): Promise<boolean> {
    return this.#remove('request_id = ?', requestId).then((removed) => removed > 0);
  }

  async forgetEnded(beforeWallMs: number): Promise<number> {
    return this.#remove('ended_at_wall_ms < ?', beforeWallMs);
  }

  close(): Promise<void> {
    return this.#is.database.close();
  }

  async #oldest(): Promise<QueuedRow | undefined> {
    return (await this.#rows(`WHERE state = 'waiting' ORDER BY seq LIMIT 1`, []))[0];
  }

  /** A lease of a process that is gone is over; so is one that a clock gave which has been set back since. */
  async #isHeld(row: QueuedRow, leaseMs: number): Promise<boolean> {
    const nowMs = this.#is.clock.wallMs();
    const { token, lease_until_wall_ms: untilMs } = row;
    if (token === null || untilMs <= nowMs || untilMs > nowMs + leaseMs) return false;
    const owner = ownerOf(row);
    return owner === undefined || (await isAlive(owner)) !== false;
  }

  async #remove(condition: string, value: string | number): Promise<number> {
    // Where there is nothing to remove nothing is written.
    const found = await this.#is.database.read((transaction) =>
      transaction.execute({ sql: `SELECT 1 FROM queued WHERE ${condition} LIMIT 1`, args: [value] }),
    );
    if (found.rows.length === 0) return 0;
    const removed = await this.#is.database.write('remove from', async (transaction) => {
      const { rowsAffected } = await transaction.execute({
        sql: `DELETE FROM queued WHERE ${condition}`,
        args: [value],
      });
      return rowsAffected;
    });
    await this.#is.database.emptyLog();
    return removed;
  }

  async #rows(rest: string, args: (string | number)[]): Promise<QueuedRow[]> {
    return this.#is.database.read(async (transaction) =>
      (await transaction.execute({ sql: `SELECT * FROM queued ${rest}`, args })).rows.map(toRow),
    );
  }
}

const WAITING = 0;
const ENDED = 1;

async function totals(transaction: Transaction, ended: typeof WAITING | typeof ENDED) {
  const sql = 'SELECT requests, bytes FROM totals WHERE ended = ?';
  const row = (await transaction.execute({ sql, args: [ended] })).rows[0];
  return { requests: Number(row?.['requests']), bytes: Number(row?.['bytes']) };
}

/** Endings come in order, so the oldest is the first that has ended. */
async function forgetOldest(transaction: Transaction, maxBytes: number): Promise<void> {
  while ((await totals(transaction, ENDED)).bytes > maxBytes) {
    await transaction.execute(
      `DELETE FROM queued WHERE seq = (SELECT seq FROM queued WHERE state <> 'waiting' ORDER BY seq LIMIT 1)`,
    );
  }
}
