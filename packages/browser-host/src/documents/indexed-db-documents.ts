import type { Clock, StorageError } from '@terrace/core';
import {
  DOCUMENT_LIMITS,
  type DocumentChunk,
  type DocumentRecord,
  type DocumentStore,
  type KnownVector,
} from '@terrace/core/documents';
import type { IDBPDatabase, IDBPTransaction } from 'idb';
import { committed } from '../indexed-db/committed.js';
import { Database } from '../indexed-db/database.js';
import { withIdb } from '../indexed-db/with-idb.js';
import { DOCUMENTS_MIGRATIONS, DOCUMENTS_STORES, type DocumentsSchema } from './documents-schema.js';

export interface IndexedDbDocumentsOptions {
  /** Of the database. */
  readonly name: string;
  readonly clock: Pick<Clock, 'wallMs' | 'sleep'>;
  /** Told of a database that is left alone for another one. */
  readonly onWarning: (warning: StorageError) => void;
}

/** Documents in IndexedDB, which the tabs of a site share. Their database is made when there is the first one. */
export const openIndexedDbDocuments = (options: IndexedDbDocumentsOptions): DocumentStore =>
  new IndexedDbDocuments(options);

const PAGE = 256;

type Write = IDBPTransaction<DocumentsSchema, typeof DOCUMENTS_STORES, 'readwrite'>;
type Read = IDBPDatabase<DocumentsSchema>;
type Look = IDBPTransaction<DocumentsSchema, ('documents' | 'chunks' | 'drafts')[], 'readonly'>;

class IndexedDbDocuments implements DocumentStore {
  readonly #database: Database<IDBPDatabase<DocumentsSchema>>;
  readonly #clock: Pick<Clock, 'wallMs'>;

  constructor({ name, clock, onWarning }: IndexedDbDocumentsOptions) {
    const schema = { migrations: DOCUMENTS_MIGRATIONS, stores: DOCUMENTS_STORES, as: withIdb<DocumentsSchema> };
    this.#database = new Database({ ...schema, noun: 'document store', name, clock, onWarning });
    this.#clock = clock;
  }

  async put(record: DocumentRecord, chunks: readonly DocumentChunk[]): Promise<void> {
    const { collection, documentId, source } = record;
    await this.#write('add to', collection, async (transaction) => {
      const documents = transaction.objectStore('documents');
      const before = [
        await documents.index('byId').getKey([collection, documentId]),
        await documents.index('bySource').getKey([collection, source]),
      ];
      for (const key of new Set(before)) if (key !== undefined) await removeOne(transaction, key);
      const key = await documents.add(record);
      const rows = transaction.objectStore('chunks');
      await Promise.all(chunks.map((chunk) => rows.add(alone(chunk), [key, chunk.index])));
      await dropDrafts(transaction, chunks);
      return true;
    });
  }

  async list(collection?: string): Promise<readonly DocumentRecord[]> {
    const records = await this.#read([], (database) =>
      collection === undefined
        ? database.getAll('documents')
        : database.getAllFromIndex('documents', 'byCollection', collection),
    );
    return records.toReversed().toSorted((a, b) => b.addedAtWallMs - a.addedAtWallMs);
  }

  get(collection: string, documentId: string): Promise<DocumentRecord | undefined> {
    return this.#read(undefined, (database) => database.getFromIndex('documents', 'byId', [collection, documentId]));
  }

  async *chunks(collection: string, documentId?: string): AsyncGenerator<readonly DocumentChunk[], void> {
    const keys = await this.#read([], (database) =>
      documentId === undefined
        ? database.getAllKeysFromIndex('documents', 'byCollection', collection)
        : database.getAllKeysFromIndex('documents', 'byId', [collection, documentId]),
    );
    // In the order of keys, which is the one documents were added in.
    const left = keys.toSorted((a, b) => a - b).map((key) => ({ key, from: 0 }));
    while (left.length > 0) {
      const page = await this.#read([], (database) => readPage(database, left));
      if (page.length > 0) yield page;
    }
  }

  async embed(
    collection: string,
    documentId: string,
    encoder: string,
    vectors: readonly Float32Array[],
  ): Promise<void> {
    await this.#write('write to', collection, async (transaction) => {
      const documents = transaction.objectStore('documents');
      const key = await documents.index('byId').getKey([collection, documentId]);
      const record = key === undefined ? undefined : await documents.get(key);
      // It was removed meanwhile, or replaced by another one.
      if (key === undefined || record?.chunks !== vectors.length) return false;
      const rows = transaction.objectStore('chunks');
      for (const [index, vector] of vectors.entries()) {
        const chunk = await rows.get([key, index]);
        if (chunk) await rows.put(alone({ ...chunk, vector }), [key, index]);
      }
      await documents.put({ ...record, encoder }, key);
      return true;
    });
  }

  vectorsOf(contentIds: readonly string[]): Promise<readonly KnownVector[]> {
    return this.#read([], async (database) => {
      const transaction = database.transaction(['documents', 'chunks', 'drafts']);
      const documents = transaction.objectStore('documents');
      const [keys, records] = await Promise.all([documents.getAllKeys(), documents.getAll()]);
      const encoders = new Map(keys.map((key, i) => [key, records[i]!.encoder]));
      const known = await Promise.all(contentIds.map((contentId) => knownOf(transaction, contentId, encoders)));
      return [...new Map(known.flat().map((each) => [`${each.encoder} ${each.contentId}`, each])).values()];
    });
  }

  draft(vectors: readonly KnownVector[]): Promise<void> {
    return this.#transaction('write to', async (transaction) => {
      const drafts = transaction.objectStore('drafts');
      const keys = await Promise.all(vectors.map((each) => drafts.add({ ...each, vector: each.vector.slice() })));
      const oldest = (keys.at(-1) ?? 0) - DOCUMENT_LIMITS.passages;
      if (oldest > 0) await drafts.delete(IDBKeyRange.upperBound(oldest));
    });
  }

  async remove(collection: string, documentId?: string): Promise<number> {
    if (!(await this.#database.exists())) return 0;
    let removed = 0;
    await this.#write('remove from', collection, async (transaction) => {
      const documents = transaction.objectStore('documents');
      const keys =
        documentId === undefined
          ? await documents.index('byCollection').getAllKeys(collection)
          : await documents.index('byId').getAllKeys([collection, documentId]);
      for (const key of keys) await removeOne(transaction, key);
      if (documentId === undefined) await transaction.objectStore('drafts').clear();
      removed = keys.length;
      return removed > 0;
    });
    return removed;
  }

  async revision(collection: string): Promise<number> {
    return (await this.#read(undefined, (database) => database.get('revisions', collection))) ?? 0;
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  async #read<T>(otherwise: T, use: (database: Read) => Promise<T>): Promise<T> {
    return (await this.#database.exists()) ? this.#database.use('read', use) : otherwise;
  }

  /** @param work says whether it has changed anything */
  #write(doing: string, collection: string, work: (transaction: Write) => Promise<boolean>): Promise<void> {
    return this.#transaction(doing, async (transaction) => {
      if (!(await work(transaction))) return;
      const revisions = transaction.objectStore('revisions');
      const before = (await revisions.get(collection)) ?? 0;
      // From the time on: a database that was thrown away and made anew must not say what the old one has said.
      await revisions.put(Math.max(before + 1, Math.trunc(this.#clock.wallMs())), collection);
    });
  }

  #transaction(doing: string, work: (transaction: Write) => Promise<void>): Promise<void> {
    return this.#database.use(doing, (database) => {
      const transaction = database.transaction(DOCUMENTS_STORES, 'readwrite', { durability: 'strict' });
      return committed(transaction, work(transaction));
    });
  }
}

async function removeOne(transaction: Write, key: number): Promise<void> {
  await transaction.objectStore('chunks').delete(IDBKeyRange.bound([key, 0], [key, Infinity]));
  await transaction.objectStore('documents').delete(key);
}

/** What is whole stands in its document. */
async function dropDrafts(transaction: Write, chunks: readonly DocumentChunk[]): Promise<void> {
  const drafts = transaction.objectStore('drafts');
  if ((await drafts.count()) === 0) return;
  for (const { contentId } of chunks) {
    const keys = contentId === undefined ? [] : await drafts.index('byContent').getAllKeys(contentId);
    for (const key of keys) await drafts.delete(key);
  }
}

/** @param encoders of documents, by their keys: a passage may be in thousands of them */
async function knownOf(
  transaction: Look,
  contentId: string,
  encoders: ReadonlyMap<number, string | undefined>,
): Promise<readonly KnownVector[]> {
  const known = await transaction.objectStore('drafts').index('byContent').getAll(contentId);
  const keys = await transaction.objectStore('chunks').index('byContent').getAllKeys(contentId);
  const isTold = new Set(known.map(({ encoder }) => encoder));
  for (const key of keys) {
    const encoder = encoders.get(key[0]);
    // Many documents may have the passage: a vector is read once for each encoder.
    if (encoder === undefined || isTold.has(encoder)) continue;
    const vector = (await transaction.objectStore('chunks').get(key))?.vector;
    if (!vector) continue;
    isTold.add(encoder);
    known.push({ contentId, encoder, vector });
  }
  return known;
}

/** Takes what it reads from what is left. */
async function readPage(database: Read, left: { key: number; from: number }[]): Promise<readonly DocumentChunk[]> {
  const rows = database.transaction('chunks').store;
  const page: DocumentChunk[] = [];
  for (let first = left[0]; first && page.length < PAGE; first = left[0]) {
    const range = IDBKeyRange.bound([first.key, first.from], [first.key, Infinity]);
    const wanted = PAGE - page.length;
    const found = await rows.getAll(range, wanted);
    page.push(...found);
    first.from = (found.at(-1)?.index ?? 0) + 1;
    if (found.length < wanted) left.shift();
  }
  return page;
}

/** A vector that is a part of many is stored without the others. */
const alone = (chunk: DocumentChunk): DocumentChunk => ({ ...chunk, vector: chunk.vector?.slice() });
