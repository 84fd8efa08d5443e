import type { Clock, StorageError } from '@terrace/core';
import {
  isTrimDue,
  MAX_COMPARED_ROWS,
  MAX_ENTRY_BYTES,
  type CacheChange,
  type CacheStats,
  type ComparedRow,
  type ForgetAnswers,
  type KeptAnswer,
  type ResponseCacheStore,
} from '@terrace/core/cache';
import type { IDBPDatabase, IDBPTransaction } from 'idb';
import { committed } from '../indexed-db/committed.js';
import { Database } from '../indexed-db/database.js';
import { withIdb } from '../indexed-db/with-idb.js';
import { AnswerBook } from './answer-book.js';
import { CACHE_MIGRATIONS, CACHE_STORES, type CacheSchema } from './cache-schema.js';

export interface IndexedDbResponseCacheOptions {
  /** Of the database. */
  readonly name: string;
  readonly clock: Pick<Clock, 'nowMs' | 'wallMs' | 'sleep'>;
  readonly maxBytes?: number;
  readonly maxEntries?: number;
  /** Told of a database that is left alone for another one. */
  readonly onWarning: (warning: StorageError) => void;
}

/** Changes that are read, or answers that are removed, in one transaction: others get a turn between two. */
const PAGE = 256;

type Connection = IDBPDatabase<CacheSchema>;
type Write = IDBPTransaction<CacheSchema, typeof CACHE_STORES, 'readwrite'>;

/** Uses are noted so often and no more. */
const TOUCH_EVERY_MS = 1000;

/** Answers in IndexedDB, which the tabs of a site share. Their database is made when there is the first one to keep. */
export const openIndexedDbResponseCache = (options: IndexedDbResponseCacheOptions): ResponseCacheStore =>
  new IndexedDbResponseCache(options);

class IndexedDbResponseCache implements ResponseCacheStore {
  readonly #database: Database<Connection>;
  readonly #options: IndexedDbResponseCacheOptions;
  /** Since uses were last noted, in the order of their last use. */
  #touched = new Set<string>();
  #touchedAtMs = -Infinity;

  constructor(options: IndexedDbResponseCacheOptions) {
    const { name, clock, onWarning } = options;
    const schema = { migrations: CACHE_MIGRATIONS, stores: CACHE_STORES, as: withIdb<CacheSchema> };
    this.#database = new Database({ ...schema, noun: 'cache', name, clock, onWarning });
    this.#options = options;
  }

  async get(key: string): Promise<KeptAnswer | undefined> {
    const found = await this.#read(undefined, (database) => database.get('answers', key));
    if (found === undefined || isAnswer(found)) return found;
    await this.forget({ keys: [key] }).catch(() => undefined);
    return undefined;
  }

  async put(answers: readonly KeptAnswer[]): Promise<void> {
    if (answers.length === 0) return;
    await this.#write('add to', async (book) => {
      await book.touch(this.#takeTouched());
      for (const answer of answers) await book.keep(answer);
      await book.evict(this.#options);
    });
  }

  async touch(keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      this.#touched.delete(key);
      this.#touched.add(key);
    }
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#touchedAtMs < TOUCH_EVERY_MS || !(await this.#database.exists())) return;
    this.#touchedAtMs = nowMs;
    await this.#write('write to', (book) => book.touch(this.#takeTouched()), 'relaxed').catch(() => undefined);
  }

  async forget(what: ForgetAnswers): Promise<number> {
    if (!(await this.#database.exists())) return 0;
    if (!isNarrowed(what)) return this.#write('remove from', (book) => book.forgetAll());
    const keys = [...new Set(what.keys ?? (await this.#keysOf(what)))];
    let removed = 0;
    for (let from = 0; from < keys.length; from += PAGE)
      removed += await this.#write('remove from', (book) => book.forget(keys.slice(from, from + PAGE), what));
    return removed;
  }

  async *changes(sinceSeq: number): AsyncGenerator<readonly CacheChange[], void> {
    let last = sinceSeq;
    for (;;) {
      const from = last;
      const rows = await this.#read([], async (database) => {
        const transaction = database.transaction(['changes', 'answers']);
        const changes = transaction.objectStore('changes');
        const range = IDBKeyRange.lowerBound(from, true);
        const [found, seqs] = await Promise.all([changes.getAll(range, PAGE), changes.getAllKeys(range, PAGE)]);
        const answers = transaction.objectStore('answers');
        return Promise.all(
          found.map(async ({ key, gone }, i): Promise<CacheChange> => {
            const seq = seqs[i]!;
            const answer = gone === undefined ? await answers.get(key) : undefined;
            if (!answer?.question || !isAnswer(answer)) return { kind: 'gone', seq, key };
            return { kind: 'kept', seq, key, scope: answer.scope, question: answer.question };
          }),
        );
      });
      if (rows.length === 0) return;
      last = rows.at(-1)!.seq;
      yield rows;
    }
  }

  async compare(rows: readonly ComparedRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.#write('add to', async (_, transaction) => {
      const compared = transaction.objectStore('compared');
      let last = 0;
      for (const row of rows) last = await compared.add(row);
      if (!isTrimDue(last, rows.length)) return;
      for (const group of new Set(rows.map((row) => row.group))) {
        const old = (await compared.index('byGroup').count(group)) - MAX_COMPARED_ROWS;
        if (old <= 0) continue;
        for (const key of await compared.index('byGroup').getAllKeys(group, old)) await compared.delete(key);
      }
    });
  }

  async compared(group: string, limit: number): Promise<readonly ComparedRow[]> {
    if (limit < 1) return [];
    return this.#read([], async (database) => {
      const rows = await database.getAllFromIndex('compared', 'byGroup', group);
      return rows.toReversed().slice(0, limit);
    });
  }

  groups(): Promise<readonly string[]> {
    return this.#read([], async (database) => {
      const groups: string[] = [];
      const index = database.transaction('compared').store.index('byGroup');
      for (let at = await index.openKeyCursor(null, 'nextunique'); at; at = await at.continue()) groups.push(at.key);
      return groups;
    });
  }

  note(name: string): Promise<string | undefined> {
    return this.#read(undefined, (database) => database.get('notes', name));
  }

  async keepNote(name: string, json: string): Promise<void> {
    await this.#write('write to', (_, transaction) => transaction.objectStore('notes').put(json, name));
  }

  async secret(): Promise<Uint8Array> {
    const { secret } =
      (await this.#read(undefined, (database) => database.get('state', 'state'))) ??
      (await this.#write('write to', async (book) => book.state));
    return secret.slice();
  }

  stats(): Promise<CacheStats> {
    return this.#read({ entries: 0, bytes: 0, oldestWallMs: undefined }, async (database) => {
      const transaction = database.transaction(['state', 'answers']);
      const state = await transaction.objectStore('state').get('state');
      const oldest = await transaction.objectStore('answers').index('byAge').openKeyCursor();
      return { entries: state?.entries ?? 0, bytes: state?.bytes ?? 0, oldestWallMs: oldest?.key };
    });
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  /** Of what one of the conditions is met by. */
  #keysOf({ tag, tenant, expiredAtWallMs = Infinity }: ForgetAnswers): Promise<readonly string[]> {
    return this.#database.use('remove from', (database) => {
      if (tag !== undefined) return database.getAllKeysFromIndex('answers', 'byTag', tag);
      if (tenant !== undefined) return database.getAllKeysFromIndex('answers', 'byTenant', tenant);
      return database.getAllKeysFromIndex('answers', 'byEnd', IDBKeyRange.upperBound(expiredAtWallMs));
    });
  }

  #takeTouched(): readonly string[] {
    const touched = [...this.#touched];
    this.#touched = new Set();
    return touched;
  }

  /** @param otherwise what is true while nothing was ever kept */
  async #read<T>(otherwise: T, read: (database: Connection) => Promise<T>): Promise<T> {
    if (!(await this.#database.exists())) return otherwise;
    return this.#database.use('read', read);
  }

  #write<T>(
    doing: string,
    work: (book: AnswerBook, transaction: Write) => Promise<T>,
    durability: IDBTransactionDurability = 'strict',
  ): Promise<T> {
    return this.#database.use(doing, (database) => {
      const transaction = database.transaction(CACHE_STORES, 'readwrite', { durability });
      const all = async (): Promise<T> => {
        const book = await AnswerBook.open(transaction, this.#options.clock);
        const value = await work(book, transaction);
        await book.close();
        return value;
      };
      return committed(transaction, all());
    });
  }
}

const isNarrowed = (what: ForgetAnswers): boolean => Object.values(what).some((each) => each !== undefined);

/** Whatever else a script of the site has put there. */
const isAnswer = ({ body, scope, tenant, tags, question, ...times }: KeptAnswer): boolean =>
  [body, scope, tenant].every((each) => typeof each === 'string') &&
  body.length <= MAX_ENTRY_BYTES &&
  Array.isArray(tags) &&
  [times.storedAtWallMs, times.expiresAtWallMs].every(Number.isFinite) &&
  (question === undefined || isQuestion(Object(question) as typeof question));

const isQuestion = ({ vector, features, ...texts }: NonNullable<KeptAnswer['question']>): boolean =>
  vector instanceof Float32Array &&
  vector.every(Number.isFinite) &&
  Array.isArray(features) &&
  [texts.task, texts.encoder, texts.answerId].every((each) => typeof each === 'string');
