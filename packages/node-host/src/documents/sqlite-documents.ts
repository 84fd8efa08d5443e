import { setImmediate } from 'node:timers/promises';
import type { InArgs, Transaction } from '@libsql/client/sqlite3';
import type { Clock } from '@terrace/core';
import {
  DOCUMENT_LIMITS,
  type DocumentChunk,
  type DocumentRecord,
  type DocumentStore,
  type KnownVector,
} from '@terrace/core/documents';
import { PrivateDatabase } from '../sqlite/private-database.js';
import { toBlob, toChunk, toKnown, toRecord, type ChunkPlace } from './document-rows.js';
import { documentsSchema } from './documents-schema.js';
import { inPages, type ChunkPage, type PagedDocuments } from './paged-documents.js';

/** Rows of one page; between so many of a write the event loop gets a turn. */
const PAGE = 256;

/**
 * Documents in a SQLite file of their own, which several processes may share. Only its owner may read it, and what is
 * removed is overwritten.
 * @throws StorageError when the file cannot be opened, holds something else, or was written by a newer Terrace
 */
export async function openSqliteDocuments({
  file,
  clock,
}: {
  readonly file: string;
  readonly clock: Pick<Clock, 'wallMs'>;
}): Promise<PagedDocuments & DocumentStore> {
  const database = await PrivateDatabase.open(file, documentsSchema);
  return new SqliteDocuments({ database, clock });
}

interface Opened {
  readonly database: PrivateDatabase;
  readonly clock: Pick<Clock, 'wallMs'>;
}

class SqliteDocuments implements PagedDocuments, DocumentStore {
  readonly #is: Opened;

  constructor(opened: Opened) {
    this.#is = opened;
  }

  put(record: DocumentRecord, chunks: readonly DocumentChunk[]): Promise<void> {
    const { collection, documentId, source } = record;
    return this.#is.database.write('add to', async (transaction) => {
      await removeWhere(transaction, 'collection = ? AND (source = ? OR document_id = ?)', [
        collection,
        source,
        documentId,
      ]);
      const { lastInsertRowid } = await transaction.execute(insertDocument(record));
      const seq = Number(lastInsertRowid);
      const dropDraft = 'DELETE FROM drafts WHERE content_id = ?';
      await inTurns(chunks, async (chunk) => {
        await transaction.execute(insertChunk(seq, chunk));
        await transaction.execute({ sql: dropDraft, args: [chunk.contentId ?? null] });
      });
      await this.#advance(transaction, collection);
    });
  }

  async list(collection?: string): Promise<readonly DocumentRecord[]> {
    const sql = 'SELECT * FROM documents WHERE ?1 IS NULL OR collection = ?1 ORDER BY added_at_wall_ms DESC, seq DESC';
    return (await this.#is.database.rows(sql, [collection ?? null])).map(toRecord);
  }

  async get(collection: string, documentId: string): Promise<DocumentRecord | undefined> {
    const sql = 'SELECT * FROM documents WHERE collection = ? AND document_id = ?';
    const [row] = await this.#is.database.rows(sql, [collection, documentId]);
    return row && toRecord(row);
  }

  chunks(collection: string, documentId?: string): AsyncGenerator<readonly DocumentChunk[], void> {
    return inPages((after) => this.page(collection, documentId, after));
  }

  async page(collection: string, documentId: string | undefined, after: ChunkPlace | undefined): Promise<ChunkPage> {
    const { document, position } = after ?? { document: 0, position: 0 };
    const rows = await this.#is.database.rows(pageOfChunks(documentId !== undefined), [
      collection,
      documentId ?? null,
      document,
      position,
      PAGE,
    ]);
    const found = rows.map(toChunk);
    return { chunks: found.map(({ chunk }) => chunk), last: found.at(-1)?.place };
  }

  embed(collection: string, documentId: string, encoder: string, vectors: readonly Float32Array[]): Promise<void> {
    return this.#is.database.write('write to', async (transaction) => {
      const { rows } = await transaction.execute({
        sql: 'SELECT seq, chunks FROM documents WHERE collection = ? AND document_id = ?',
        args: [collection, documentId],
      });
      const [found] = rows;
      // It was removed meanwhile, or replaced by another one.
      if (!found || Number(found['chunks']) !== vectors.length) return;
      const seq = Number(found['seq']);
      const sql = 'UPDATE chunks SET vector = ? WHERE document = ? AND position = ?';
      await inTurns(
        vectors,
        async (vector, position) => void (await transaction.execute({ sql, args: [toBlob(vector), seq, position] })),
      );
      await transaction.execute({ sql: 'UPDATE documents SET encoder = ? WHERE seq = ?', args: [encoder, seq] });
      await this.#advance(transaction, collection);
    });
  }

  async vectorsOf(contentIds: readonly string[]): Promise<readonly KnownVector[]> {
    const known: KnownVector[] = [];
    for (let from = 0; from < contentIds.length; from += PAGE) {
      const asked = JSON.stringify(contentIds.slice(from, from + PAGE));
      known.push(...(await this.#is.database.rows(KNOWN_VECTORS, [asked])).map(toKnown));
      await setImmediate();
    }
    return known;
  }

  draft(vectors: readonly KnownVector[]): Promise<void> {
    return this.#is.database.write('write to', async (transaction) => {
      const sql = 'INSERT OR REPLACE INTO drafts (content_id, encoder, vector) VALUES (?, ?, ?)';
      await inTurns(vectors, async ({ contentId, encoder, vector }) => {
        await transaction.execute({ sql, args: [contentId, encoder, toBlob(vector)] });
      });
      await transaction.execute({
        sql: 'DELETE FROM drafts WHERE seq <= (SELECT max(seq) FROM drafts) - ?',
        args: [DOCUMENT_LIMITS.passages],
      });
    });
  }

  async remove(collection: string, documentId?: string): Promise<number> {
    const removed = await this.#is.database.write('remove from', async (transaction) => {
      const condition = 'collection = ?1 AND (?2 IS NULL OR document_id = ?2)';
      const count = await removeWhere(transaction, condition, [collection, documentId ?? null]);
      if (count > 0) await this.#advance(transaction, collection);
      if (documentId === undefined) await transaction.execute('DELETE FROM drafts');
      return count;
    });
    if (removed > 0 || documentId === undefined) await this.#is.database.emptyLog();
    return removed;
  }

  async revision(collection: string): Promise<number> {
    const [row] = await this.#is.database.rows('SELECT revision FROM revisions WHERE collection = ?', [collection]);
    return Number(row?.['revision'] ?? 0);
  }

  close(): Promise<void> {
    return this.#is.database.close();
  }

  /** From the time on, so that a file that took the place of a damaged one does not say what that one has said before. */
  async #advance(transaction: Transaction, collection: string): Promise<void> {
    await transaction.execute({
      sql: `INSERT INTO revisions VALUES (?1, ?2)
            ON CONFLICT DO UPDATE SET revision = max(revision + 1, excluded.revision)`,
      args: [collection, Math.max(1, Math.trunc(this.#is.clock.wallMs()))],
    });
  }
}

/**
 * Read in the order it is stored in, from where the page before has ended: a page that had to sort what is left would
 * read all of it, and 100,000 chunks 200 times.
 */
export const pageOfChunks = (ofOneDocument: boolean): string => `
  SELECT chunks.*, documents.document_id
  FROM documents ${ofOneDocument ? '' : 'NOT INDEXED'} CROSS JOIN chunks ON chunks.document = documents.seq
  WHERE documents.collection = ?1 AND ${ofOneDocument ? 'documents.document_id = ?2' : '?2 IS NULL'}
    AND documents.seq >= ?3 AND chunks.position > iif(documents.seq = ?3, ?4, -1)
  ORDER BY documents.seq, chunks.position LIMIT ?5`;

/** A vector of many documents that have the passage is read of one: those of a licence may be thousands. */
const KNOWN_VECTORS = `
  SELECT asked.value AS content_id, encoders.encoder, coalesce(
    (SELECT drafts.vector FROM drafts
      WHERE drafts.content_id = asked.value AND drafts.encoder = encoders.encoder),
    (SELECT chunks.vector FROM chunks CROSS JOIN documents ON documents.seq = chunks.document
      WHERE chunks.content_id = asked.value AND documents.encoder = encoders.encoder AND chunks.vector IS NOT NULL LIMIT 1)
  ) AS vector
  FROM (SELECT DISTINCT value FROM json_each(?1)) AS asked
    CROSS JOIN (SELECT encoder FROM documents WHERE encoder IS NOT NULL UNION SELECT encoder FROM drafts) AS encoders
  WHERE vector IS NOT NULL`;

/** The driver is synchronous: others must not wait for all rows of a book. */
async function inTurns<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void> {
  for (const [index, item] of items.entries()) {
    await work(item, index);
    if (index % PAGE === PAGE - 1) await setImmediate();
  }
}

/** @returns how many documents went */
async function removeWhere(transaction: Transaction, condition: string, args: InArgs): Promise<number> {
  const documents = `SELECT seq FROM documents WHERE ${condition}`;
  await transaction.execute({ sql: `DELETE FROM chunks WHERE document IN (${documents})`, args });
  const { rowsAffected } = await transaction.execute({ sql: `DELETE FROM documents WHERE ${condition}`, args });
  return rowsAffected;
}

const insertDocument = (record: DocumentRecord): Parameters<Transaction['execute']>[0] => ({
  sql: `INSERT INTO documents (collection, document_id, title, source, media_type, characters, pages, chunks, encoder,
          added_at_wall_ms)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  args: [
    record.collection,
    record.documentId,
    record.title,
    record.source,
    record.mediaType,
    record.characters,
    record.pages ?? null,
    record.chunks,
    record.encoder ?? null,
    record.addedAtWallMs,
  ],
});

const insertChunk = (
  seq: number,
  { index, headings, text, start, end, page, vector, contentId }: DocumentChunk,
): Parameters<Transaction['execute']>[0] => ({
  sql: 'INSERT INTO chunks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  args: [
    seq,
    index,
    JSON.stringify(headings),
    text,
    start,
    end,
    page ?? null,
    vector ? toBlob(vector) : null,
    contentId ?? null,
  ],
});
