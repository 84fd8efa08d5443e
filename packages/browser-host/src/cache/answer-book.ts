import type { Clock } from '@terrace/core';
import { MAX_ENTRY_BYTES, type ForgetAnswers, type KeptAnswer } from '@terrace/core/cache';
import type { IDBPTransaction } from 'idb';
import type { CACHE_STORES, CacheSchema, CacheState } from './cache-schema.js';

const SECRET_BYTES = 32;
/** What an answer takes beside its texts and its vector. */
const ROW_BYTES = 512;
/** Changes of answers that are gone are remembered so long. */
const MAX_GONE = 20_000;

type Write = IDBPTransaction<CacheSchema, typeof CACHE_STORES, 'readwrite'>;

/** What one transaction does to answers: their uses, changes and sums stay in step with them. */
export class AnswerBook {
  readonly #transaction: Write;
  readonly #clock: Pick<Clock, 'wallMs'>;
  readonly #before: CacheState | undefined;
  #isGoneNoted = false;
  state: CacheState;

  private constructor(transaction: Write, clock: Pick<Clock, 'wallMs'>, before: CacheState | undefined) {
    this.#transaction = transaction;
    this.#clock = clock;
    this.#before = before;
    this.state = before ?? {
      entries: 0,
      bytes: 0,
      lastUse: 0,
      lastSeq: 0,
      secret: crypto.getRandomValues(new Uint8Array(SECRET_BYTES)),
    };
  }

  static async open(transaction: Write, clock: Pick<Clock, 'wallMs'>): Promise<AnswerBook> {
    return new AnswerBook(transaction, clock, await transaction.objectStore('state').get('state'));
  }

  async close(): Promise<void> {
    if (this.#isGoneNoted) await this.#trimGone();
    if (this.state !== this.#before) await this.#transaction.objectStore('state').put(this.state, 'state');
  }

  /** Replaces what has the same key; what is too large is not kept. */
  async keep(answer: KeptAnswer): Promise<void> {
    const { key, question } = answer;
    await this.#removeRows(key);
    const bytes = bytesOf(answer);
    if (bytes > MAX_ENTRY_BYTES + ROW_BYTES) return this.#note(key, false);
    // A vector that is a part of many is stored without the others.
    const alone = question && { ...question, vector: question.vector.slice() };
    await this.#transaction.objectStore('answers').put({ ...answer, question: alone });
    await this.#transaction.objectStore('uses').put({ key, bytes, used: this.#nextUse() });
    this.#count(1, bytes);
    await this.#note(key, question !== undefined);
  }

  async touch(keys: readonly string[]): Promise<void> {
    const uses = this.#transaction.objectStore('uses');
    for (const key of keys) {
      const use = await uses.get(key);
      if (use) await uses.put({ ...use, used: this.#nextUse() });
    }
  }

  /** Those of these keys that are still meant. @returns how many went */
  async forget(keys: readonly string[], what: ForgetAnswers): Promise<number> {
    const answers = this.#transaction.objectStore('answers');
    let removed = 0;
    for (const key of keys) {
      const answer = await answers.get(key);
      if (answer && isMeant(answer, what)) removed += await this.#remove(key);
    }
    return removed;
  }

  /** At once: one after the other takes minutes where there are many. */
  async forgetAll(): Promise<number> {
    const changes = this.#transaction.objectStore('changes');
    const [rows, seqs] = await Promise.all([changes.getAll(), changes.getAllKeys()]);
    const told = rows.flatMap(({ key, gone }, i) => {
      if (gone !== undefined) return [];
      const seq = this.#nextSeq();
      return [changes.delete(seqs[i]!), changes.add({ key, gone: seq }, seq)];
    });
    const cleared = (['answers', 'uses'] as const).map((each) => this.#transaction.objectStore(each).clear());
    await Promise.all([...told, ...cleared]);
    this.#isGoneNoted = true;
    const { entries, bytes } = this.state;
    this.#count(-entries, -bytes);
    return entries;
  }

  /** Least recently used first, until both bounds are kept to. */
  async evict({
    maxBytes = Infinity,
    maxEntries = Infinity,
  }: {
    maxBytes?: number;
    maxEntries?: number;
  }): Promise<void> {
    while (this.state.bytes > maxBytes || this.state.entries > maxEntries) {
      const cursor = await this.#transaction.objectStore('uses').index('byUse').openCursor();
      if (!cursor) return;
      await this.#remove(cursor.value.key);
    }
  }

  async #remove(key: string): Promise<number> {
    const removed = await this.#removeRows(key);
    if (removed > 0) await this.#note(key, false);
    return removed;
  }

  async #removeRows(key: string): Promise<number> {
    const uses = this.#transaction.objectStore('uses');
    const use = await uses.get(key);
    await this.#transaction.objectStore('answers').delete(key);
    if (!use) return 0;
    await uses.delete(key);
    this.#count(-1, -use.bytes);
    return 1;
  }

  /** A key that never had a question has no changes. */
  async #note(key: string, isKept: boolean): Promise<void> {
    const changes = this.#transaction.objectStore('changes');
    const before = await changes.index('byKey').getKey(key);
    if (before !== undefined) await changes.delete(before);
    else if (!isKept) return;
    const seq = this.#nextSeq();
    await changes.add(isKept ? { key } : { key, gone: seq }, seq);
    if (!isKept) this.#isGoneNoted = true;
  }

  /** Once a transaction, as counting takes as long as there are many. */
  async #trimGone(): Promise<void> {
    const changes = this.#transaction.objectStore('changes');
    const gone = changes.index('byGone');
    const over = (await gone.count()) - MAX_GONE;
    if (over <= 0) return;
    for (const seq of await gone.getAllKeys(null, over)) await changes.delete(seq);
  }

  /** From the time on: a database that was thrown away and made anew must not say what the old one has said. */
  #nextSeq(): number {
    const lastSeq = Math.max(this.state.lastSeq + 1, Math.trunc(this.#clock.wallMs()));
    this.state = { ...this.state, lastSeq };
    return lastSeq;
  }

  #nextUse(): number {
    this.state = { ...this.state, lastUse: this.state.lastUse + 1 };
    return this.state.lastUse;
  }

  #count(entries: number, bytes: number): void {
    this.state = { ...this.state, entries: this.state.entries + entries, bytes: this.state.bytes + bytes };
  }
}

const bytesOf = ({ body, question }: KeptAnswer): number =>
  ROW_BYTES + new TextEncoder().encode(body).length + (question?.vector.byteLength ?? 0);

const isMeant = (answer: KeptAnswer, { keys, tag, tenant, expiredAtWallMs }: ForgetAnswers): boolean =>
  (keys === undefined || keys.includes(answer.key)) &&
  (tag === undefined || answer.tags.includes(tag)) &&
  (tenant === undefined || answer.tenant === tenant) &&
  (expiredAtWallMs === undefined || answer.expiresAtWallMs <= expiredAtWallMs);
