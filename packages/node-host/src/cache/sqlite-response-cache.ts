import { randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Transaction } from '@libsql/client/sqlite3';
import type { Clock } from '@terrace/core';
import {
  isTrimDue,
  MAX_COMPARED_ROWS,
  type CacheChange,
  type CacheStats,
  type ComparedRow,
  type ForgetAnswers,
  type KeptAnswer,
} from '@terrace/core/cache';
import { PrivateDatabase } from '../sqlite/private-database.js';
import { ANSWER_COLUMNS, QUESTION_COLUMNS, toAnswer, toChange, toCompared, writtenAnswer } from './cache-rows.js';
import { cacheSchema } from './cache-schema.js';
import { forgetAll } from './forget-all.js';
import { changePages, type ReplacedKeys, type WatchedResponseCache } from './watched-response-cache.js';

/** Rows that are read, or removed, in one transaction: the event loop gets a turn between two. */
const PAGE = 256;
/** Changes of answers that are gone are remembered so long. */
const MAX_GONE = 100_000;
/** Rows of a group that are read in one transaction: they are small, and a transaction takes as long as hundreds of them. */
const COMPARED_PAGE = 2_000;
/** Uses are noted so often and no more. */
const TOUCH_EVERY_MS = 1000;

export interface SqliteResponseCacheOptions {
  readonly file: string;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly maxBytes?: number;
  readonly maxEntries?: number;
  /** Of a file that was there before: a new one goes on with it. Drawn without. */
  readonly secret?: Uint8Array | undefined;
}

/**
 * Answers in a SQLite file of their own, which several processes may share. Only its owner may read it, and what is
 * forgotten is overwritten.
 * @throws StorageError when the file cannot be opened, holds something else, or was written by a newer Terrace
 */
export async function openSqliteResponseCache({
  file,
  clock,
  maxBytes = Infinity,
  maxEntries = Infinity,
  secret,
}: SqliteResponseCacheOptions): Promise<SqliteResponseCache> {
  const database = await PrivateDatabase.open(file, cacheSchema);
  return new SqliteResponseCache({ database, clock, maxBytes, maxEntries, secret });
}

interface Opened {
  readonly database: PrivateDatabase;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly maxBytes: number;
  readonly maxEntries: number;
  readonly secret: Uint8Array | undefined;
}

export class SqliteResponseCache implements WatchedResponseCache {
  readonly #is: Opened;
  /** Since uses were last noted, in the order of their last use. */
  #touched = new Set<string>();
  #touchedAtMs = -Infinity;

  constructor(opened: Opened) {
    this.#is = opened;
  }

  async get(key: string): Promise<KeptAnswer | undefined> {
    const [row] = await this.#is.database.rows(`SELECT ${ANSWER_COLUMNS} FROM answers a WHERE key = ?`, [key]);
    const answer = row && toAnswer(row);
    if (row && !answer) await this.#drop([key]);
    return answer;
  }

  async put(answers: readonly KeptAnswer[]): Promise<void> {
    if (answers.length === 0) return;
    await this.#is.database.write('add to', async (transaction) => {
      await this.#noteUses(transaction);
      for (const answer of answers) await keep(transaction, answer);
      await this.#evict(transaction);
    });
  }

  async touch(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.#touched.delete(key);
      this.#touched.add(key);
    }
    const { clock, database } = this.#is;
    if (clock.nowMs() - this.#touchedAtMs < TOUCH_EVERY_MS) return;
    this.#touchedAtMs = clock.nowMs();
    // Where another process is at it the next uses say nearly the same.
    void database.tryWrite((transaction) => this.#noteUses(transaction));
  }

  async forget(what: ForgetAnswers): Promise<number> {
    if (Object.values(what).every((each) => each === undefined)) return this.#forgetAll();
    const { sql, args } = condition(what);
    let removed = 0;
    for (;;) {
      const now = await this.#is.database.write('remove from', async (transaction) => {
        const gone = `DELETE FROM answers WHERE key IN (SELECT key FROM answers WHERE ${sql} LIMIT ${PAGE})`;
        const { rowsAffected } = await transaction.execute({ sql: gone, args });
        await forgetOldChanges(transaction);
        return rowsAffected;
      });
      removed += now;
      if (now < PAGE) break;
    }
    if (removed > 0) await this.#is.database.emptyLog();
    return removed;
  }

  async #forgetAll(): Promise<number> {
    const { database } = this.#is;
    const removed = await database.write('remove from', async (transaction) => {
      const gone = await forgetAll(transaction);
      // As many as went: a cache that is cleared again and again must not remember all that it ever held.
      while ((await forgetOldChanges(transaction)) > 0) await setImmediate();
      return gone;
    });
    await database.shrink();
    return removed;
  }

  changes(sinceSeq: number): AsyncGenerator<readonly CacheChange[], void> {
    return changePages(sinceSeq, (since) => this.page(since));
  }

  async page(sinceSeq: number): Promise<readonly CacheChange[]> {
    const rows = await this.#is.database.rows(
      `SELECT c.seq, c.key AS changed, ${QUESTION_COLUMNS} FROM changes c LEFT JOIN answers a ON a.key = c.key
       WHERE c.seq > ? AND c.asked = 1 ORDER BY c.seq LIMIT ${PAGE}`,
      [sinceSeq],
    );
    const changes = rows.map(toChange);
    await this.#drop(changes.flatMap(({ isDamaged, key }) => (isDamaged ? [key] : [])));
    return changes.map(({ isDamaged: _, ...change }): CacheChange => change);
  }

  async replaced(sinceSeq: number): Promise<ReplacedKeys> {
    const sql = `SELECT seq, key FROM changes WHERE seq > ? ORDER BY seq DESC LIMIT ${PAGE}`;
    const rows = await this.#is.database.rows(sql, [sinceSeq]);
    return {
      keys: rows.map((row) => String(row['key'])),
      seq: Number(rows[0]?.['seq'] ?? sinceSeq),
      isCut: rows.length === PAGE,
    };
  }

  async compare(rows: readonly ComparedRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.#is.database.write('add to', async (transaction) => {
      const sql = 'INSERT INTO compared VALUES (NULL, ?, ?, ?, ?, ?, ?)';
      let last = 0;
      for (const [i, { group, score, right, probability, kind, atWallMs }] of rows.entries()) {
        const args = [group, score, right ? 1 : 0, probability, kind, atWallMs];
        last = Number((await transaction.execute({ sql, args })).lastInsertRowid);
        if (i % PAGE === PAGE - 1) await setImmediate();
      }
      if (!isTrimDue(last, rows.length)) return;
      for (const group of new Set(rows.map((row) => row.group))) {
        const oldest = `SELECT seq FROM compared WHERE in_group = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ${MAX_COMPARED_ROWS}`;
        await transaction.execute({
          sql: `DELETE FROM compared WHERE in_group = ?1 AND seq <= (${oldest})`,
          args: [group],
        });
      }
    });
  }

  async compared(group: string, limit: number): Promise<readonly ComparedRow[]> {
    const most = Math.max(0, Math.min(Math.trunc(limit), MAX_COMPARED_ROWS));
    const sql = 'SELECT * FROM compared WHERE in_group = ? AND seq < ? ORDER BY seq DESC LIMIT ?';
    const found: ComparedRow[] = [];
    // The driver is synchronous: others must not wait for all rows of a certificate.
    let before = Number.MAX_SAFE_INTEGER;
    for (let left = most; left > 0; left -= COMPARED_PAGE) {
      const rows = await this.#is.database.rows(sql, [group, before, Math.min(left, COMPARED_PAGE)]);
      found.push(...rows.flatMap(toCompared));
      if (rows.length < COMPARED_PAGE) break;
      before = Number(rows.at(-1)!['seq']);
      await setImmediate();
    }
    return found;
  }

  async groups(): Promise<readonly string[]> {
    return (await this.#is.database.rows('SELECT DISTINCT in_group FROM compared', [])).map((row) =>
      String(row['in_group']),
    );
  }

  async note(name: string): Promise<string | undefined> {
    const [row] = await this.#is.database.rows('SELECT json FROM notes WHERE name = ?', [name]);
    return row && String(row['json']);
  }

  async keepNote(name: string, json: string): Promise<void> {
    const sql = 'INSERT OR REPLACE INTO notes VALUES (?, ?)';
    await this.#is.database.write('write to', (transaction) => transaction.execute({ sql, args: [name, json] }));
  }

  async secret(): Promise<Uint8Array> {
    const read = async () => (await this.#is.database.rows('SELECT value FROM secret', []))[0]?.['value'];
    let value = await read();
    if (value === undefined) {
      // Another process may be at it too: the first one counts.
      const sql = 'INSERT OR IGNORE INTO secret VALUES (1, ?)';
      const made = this.#is.secret ?? randomBytes(32);
      await this.#is.database.write('write to', (transaction) => transaction.execute({ sql, args: [made] }));
      value = await read();
    }
    return new Uint8Array(value as ArrayBuffer).slice();
  }

  async stats(): Promise<CacheStats> {
    const sql = 'SELECT entries, bytes, (SELECT min(stored_at_wall_ms) FROM answers) AS oldest FROM totals';
    const [row] = await this.#is.database.rows(sql, []);
    const oldest = row?.['oldest'];
    return {
      entries: Number(row?.['entries']),
      bytes: Number(row?.['bytes']),
      oldestWallMs: typeof oldest === 'number' ? oldest : undefined,
    };
  }

  async close(): Promise<void> {
    const { database } = this.#is;
    if (this.#touched.size > 0) await database.tryWrite((transaction) => this.#noteUses(transaction));
    await database.close();
  }

  async #noteUses(transaction: Transaction): Promise<void> {
    if (this.#touched.size === 0) return;
    const keys = this.#touched;
    this.#touched = new Set();
    // What a write that fails would have said of their order is not worth a second one.
    for (const key of keys)
      await transaction.execute({ sql: `UPDATE answers SET used = ${NEXT_USE} WHERE key = ?`, args: [key] });
  }

  /** Least recently used first, until both bounds are kept to. */
  async #evict(transaction: Transaction): Promise<void> {
    const { maxBytes, maxEntries } = this.#is;
    for (;;) {
      const total = (await transaction.execute('SELECT entries, bytes FROM totals')).rows[0];
      let entries = Number(total?.['entries']) - maxEntries;
      let bytes = Number(total?.['bytes']) - maxBytes;
      if (entries <= 0 && bytes <= 0) return;
      const { rows } = await transaction.execute(`SELECT used, bytes FROM answers ORDER BY used LIMIT ${PAGE}`);
      let last = rows[0];
      for (const row of rows) {
        if (entries <= 0 && bytes <= 0) break;
        last = row;
        entries--;
        bytes -= Number(row['bytes']);
      }
      if (!last) return;
      await transaction.execute({ sql: 'DELETE FROM answers WHERE used <= ?', args: [Number(last['used'])] });
      await forgetOldChanges(transaction);
    }
  }

  /** Rows that cannot be read; where they cannot be removed either they are found again. */
  async #drop(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.forget({ keys }).catch(() => undefined);
  }
}

const NEXT_USE = '(SELECT coalesce(max(used), 0) + 1 FROM answers)';

async function keep(transaction: Transaction, answer: KeptAnswer): Promise<void> {
  const { key, scope, tenant, storedAtWallMs, expiresAtWallMs, body } = answer;
  await transaction.execute({ sql: 'DELETE FROM answers WHERE key = ?', args: [key] });
  const written = writtenAnswer(answer);
  if (!written) return;
  const { bytes, tags, question, vector } = written;
  await transaction.execute({
    sql: `INSERT INTO answers VALUES (?, ${NEXT_USE}, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    args: [key, bytes, scope, tenant, storedAtWallMs, expiresAtWallMs, tags, question, vector, body],
  });
}

function condition({ keys, tag, tenant, expiredAtWallMs }: ForgetAnswers): { sql: string; args: (string | number)[] } {
  const parts = [
    ...(keys === undefined ? [] : [{ sql: 'key IN (SELECT value FROM json_each(?))', arg: JSON.stringify(keys) }]),
    ...(tag === undefined ? [] : [{ sql: 'key IN (SELECT key FROM tags WHERE tag = ?)', arg: tag }]),
    ...(tenant === undefined ? [] : [{ sql: 'tenant = ?', arg: tenant }]),
    ...(expiredAtWallMs === undefined ? [] : [{ sql: 'expires_at_wall_ms <= ?', arg: expiredAtWallMs }]),
  ];
  return { sql: ['1', ...parts.map(({ sql }) => sql)].join(' AND '), args: parts.map(({ arg }) => arg) };
}

/**
 * A page of them: whoever has not read so far for so long finds out when it asks for an answer that is gone.
 * @returns how many went
 */
async function forgetOldChanges(transaction: Transaction): Promise<number> {
  const { rowsAffected } = await transaction.execute(
    `DELETE FROM changes WHERE seq IN (
       SELECT seq FROM changes
       WHERE gone = 1 AND seq <= (SELECT max(seq) FROM changes) - ${MAX_GONE} ORDER BY seq LIMIT ${2 * PAGE})`,
  );
  return rowsAffected;
}
