import type { DatabaseSchema } from '../sqlite/migrate.js';

/** Marks a file as Terrace documents ("TERD"). */
const APPLICATION_ID = 0x54455244;

/*
 * A document is numbered in the order it was added. Revisions stay when all documents of their collection have gone:
 * whoever has read an old one must not take a new one for it.
 */
const initial = [
  `PRAGMA application_id = ${APPLICATION_ID}`,
  `CREATE TABLE documents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    collection TEXT NOT NULL,
    document_id TEXT NOT NULL,
    title TEXT NOT NULL,
    source TEXT NOT NULL,
    media_type TEXT NOT NULL,
    characters INTEGER NOT NULL,
    pages INTEGER,
    chunks INTEGER NOT NULL,
    encoder TEXT,
    added_at_wall_ms REAL NOT NULL,
    UNIQUE (collection, document_id),
    UNIQUE (collection, source)
  ) STRICT`,
  `CREATE TABLE chunks (
    document INTEGER NOT NULL,
    position INTEGER NOT NULL,
    headings TEXT NOT NULL,
    text TEXT NOT NULL,
    text_start INTEGER NOT NULL,
    text_end INTEGER NOT NULL,
    page INTEGER,
    vector BLOB,
    PRIMARY KEY (document, position)
  ) STRICT, WITHOUT ROWID`,
  'CREATE TABLE revisions (collection TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID',
];

/** Vectors of documents that are not whole yet, oldest first, without their texts. */
const drafts = [
  'ALTER TABLE chunks ADD COLUMN content_id TEXT',
  'CREATE INDEX chunks_by_content ON chunks (content_id) WHERE content_id IS NOT NULL',
  `CREATE TABLE drafts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    content_id TEXT NOT NULL,
    encoder TEXT NOT NULL,
    vector BLOB NOT NULL,
    UNIQUE (content_id, encoder)
  ) STRICT`,
];

/** Documents with their texts: what is removed is overwritten. */
export const documentsSchema: DatabaseSchema = {
  noun: 'document store',
  applicationId: APPLICATION_ID,
  migrations: [initial, drafts],
};
