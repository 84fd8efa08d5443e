import type { Claim, Clock, Queue, QueuedRequest, QueuedState, StorageError } from '@terrace/core';
import { committed } from '../indexed-db/committed.js';
import type { IDBPDatabase } from 'idb';
import { Database } from '../indexed-db/database.js';
import { withIdb } from '../indexed-db/with-idb.js';
import { createLeaseOwner } from './lease-owner.js';
import { addRow, changeRow, findRow, removeEnded, removeRow, totalOf, type QueueWrite } from './queue-rows.js';
import { badId, tooLong, tooMany, tooMuch } from './queue-refusals.js';
import { QUEUE_MIGRATIONS, QUEUE_STORES, toState, type QueuedRow, type QueueSchema } from './queue-schema.js';
import { randomName } from '../random-name.js';

export interface IndexedDbQueueOptions {
  readonly name: string;
  readonly clock: Pick<Clock, 'wallMs' | 'sleep'>;
  /** Told of a database that is left alone for another one. */
  readonly onWarning: (warning: StorageError) => void;
  /** Requests that may wait. */
  readonly maxWaiting?: number;
  /** UTF-8 bytes of all requests that wait. */
  readonly maxWaitingBytes?: number;
  /** UTF-8 bytes of requests that have ended and their endings: above it the oldest are forgotten. */
  readonly maxEndedBytes?: number;
}

// The space is that of the user's device, and models want it too.
const MAX_WAITING = 10_000;
const MAX_WAITING_BYTES = 32 * 2 ** 20;
const MAX_ENDED_BYTES = 32 * 2 ** 20;
/** A request is at most 64 KiB of text; JSON may need six bytes for one of them. */
const MAX_REQUEST_BYTES = 512 * 2 ** 10;
const MAX_ID_CHARACTERS = 256;
const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 10_000;

/**
 * The queue in IndexedDB, which the tabs of a site share. Its database is made when the first request has to wait. Unlike
 * the ledger it holds texts: what is forgotten is gone for every script, and from the disk when the browser tidies up.
 */
export class IndexedDbQueue implements Queue {
  readonly #database: Database<IDBPDatabase<QueueSchema>>;
  readonly #clock: Pick<Clock, 'wallMs'>;
  readonly #maxWaiting: number;
  readonly #maxWaitingBytes: number;
  readonly #maxEndedBytes: number;
  readonly #owner = createLeaseOwner({ locks: navigator.locks });

  constructor({ name, clock, onWarning, ...limits }: IndexedDbQueueOptions) {
    const schema = { migrations: QUEUE_MIGRATIONS, stores: QUEUE_STORES, as: withIdb<QueueSchema> };
    this.#database = new Database({ ...schema, noun: 'queue', name, clock, onWarning });
    this.#clock = clock;
    this.#maxWaiting = limits.maxWaiting ?? MAX_WAITING;
    this.#maxWaitingBytes = limits.maxWaitingBytes ?? MAX_WAITING_BYTES;
    this.#maxEndedBytes = limits.maxEndedBytes ?? MAX_ENDED_BYTES;
  }

  async add({ requestId, atWallMs, request }: QueuedRequest): Promise<void> {
    const bytes = bytesOf(request);
    if (bytes > MAX_REQUEST_BYTES) throw tooLong(bytes, MAX_REQUEST_BYTES);
    if (requestId === '' || requestId.length > MAX_ID_CHARACTERS || requestId.includes('\0')) throw badId();
    const claim = { tries: 0, token: undefined, owner: undefined, leaseUntilWallMs: 0 };
    await this.#write('add to', async (transaction) => {
      if (await findRow(transaction, requestId)) return;
      const waiting = await totalOf(transaction, 'waiting');
      if (waiting.requests >= this.#maxWaiting) throw tooMany(waiting.requests);
      if (waiting.bytes + bytes > this.#maxWaitingBytes) throw tooMuch(waiting.bytes);
      await addRow(transaction, { requestId, atWallMs, request, bytes, state: 'waiting', ...claim });
    });
  }

  async claim(leaseMs: number): Promise<Claim | undefined> {
    const [first] = await this.#rows('waiting', 1);
    if (!first || (await this.#isHeld(first, leaseMs))) return undefined;
    const { requestId, atWallMs, request } = first;
    const claim = { queued: { requestId, atWallMs, request }, token: randomName(), tries: first.tries + 1 };
    const owner = await this.#owner.name();
    return this.#write('claim from', async (transaction) => {
      const found = await findRow(transaction, requestId);
      // Nobody else may have taken it meanwhile, nor ended it.
      if (found?.row.state !== 'waiting' || found.row.token !== first.token) return undefined;
      const { token, tries } = claim;
      const leaseUntilWallMs = this.#clock.wallMs() + leaseMs;
      await changeRow(transaction, found, { ...found.row, token, tries, owner, leaseUntilWallMs });
      return claim;
    });
  }

  async finish(claim: Claim, ending: { readonly result: string } | { readonly error: string }): Promise<boolean> {
    const [state, text] = 'result' in ending ? (['done', ending.result] as const) : (['failed', ending.error] as const);
    const endedAtWallMs = this.#clock.wallMs();
    return this.#change(claim, async (transaction, found) => {
      const bytes = found.row.bytes + bytesOf(text);
      await changeRow(transaction, found, { ...found.row, ...NOBODY, state, bytes, endedAtWallMs, ending: text });
      await removeEnded(transaction, { maxBytes: this.#maxEndedBytes });
    });
  }

  async release(claim: Claim): Promise<void> {
    await this.#change(claim, (transaction, found) => changeRow(transaction, found, { ...found.row, ...NOBODY }));
  }

  async read(requestId: string): Promise<QueuedState | undefined> {
    if (!(await this.#database.exists())) return undefined;
    const row = await this.#database.use('read', (database) => database.getFromIndex('queued', 'byRequest', requestId));
    return row && toState(row);
  }

  /** The default limit is 100 and the largest 10,000; a larger one is lowered. */
  async list({ limit = DEFAULT_LIMIT, kind }: Parameters<Queue['list']>[0] = {}): Promise<QueuedState[]> {
    return (await this.#rows(kind, Math.min(Math.trunc(limit), MAX_LIMIT))).map(toState);
  }

  async waiting(): Promise<number> {
    if (!(await this.#database.exists())) return 0;
    return (await this.#database.use('read', (database) => database.get('totals', 'waiting')))?.requests ?? 0;
  }

  async forget(requestId: string): Promise<boolean> {
    if (!(await this.#database.exists())) return false;
    return this.#write('remove from', async (transaction) => {
      const found = await findRow(transaction, requestId);
      if (found) await removeRow(transaction, found);
      return found !== undefined;
    });
  }

  async forgetEnded(beforeWallMs: number): Promise<number> {
    if (!(await this.#database.exists())) return 0;
    return this.#write('remove from', (transaction) => removeEnded(transaction, { beforeWallMs }));
  }

  async close(): Promise<void> {
    await this.#database.close();
    this.#owner.leave();
  }

  /** A lease of a tab that is gone is over; so is one that a clock gave which has been set back since. */
  async #isHeld({ token, owner, leaseUntilWallMs }: QueuedRow, leaseMs: number): Promise<boolean> {
    const nowMs = this.#clock.wallMs();
    if (token === undefined || leaseUntilWallMs <= nowMs || leaseUntilWallMs > nowMs + leaseMs) return false;
    return owner === undefined || (await this.#owner.isThere(owner)) !== false;
  }

  /** Changes what a claim is about. @returns whether the claim still counted */
  async #change(
    { queued, token }: Claim,
    work: (transaction: QueueWrite, found: { key: number; row: QueuedRow }) => Promise<void>,
  ): Promise<boolean> {
    if (!(await this.#database.exists())) return false;
    return this.#write('write to', async (transaction) => {
      const found = await findRow(transaction, queued.requestId);
      if (found?.row.state !== 'waiting' || found.row.token !== token) return false;
      await work(transaction, found);
      return true;
    });
  }

  /** Oldest first. */
  async #rows(kind: QueuedState['kind'] | undefined, limit: number): Promise<QueuedRow[]> {
    // The browser would take 0 for no limit.
    if (!(limit > 0) || !(await this.#database.exists())) return [];
    return this.#database.use('read', (database) =>
      kind === undefined
        ? database.getAll('queued', null, limit)
        : database.getAllFromIndex('queued', 'byState', kind, limit),
    );
  }

  #write<T>(doing: string, work: (transaction: QueueWrite) => Promise<T>): Promise<T> {
    return this.#database.use(doing, (database) => {
      const transaction = database.transaction(QUEUE_STORES, 'readwrite', { durability: 'strict' });
      return committed(transaction, work(transaction));
    });
  }
}

/** Of a row that nobody has claimed. */
const NOBODY = { token: undefined, owner: undefined };

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;
