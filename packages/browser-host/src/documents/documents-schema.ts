import type { DocumentChunk, DocumentRecord, KnownVector } from '@terrace/core/documents';
import type { DBSchema } from 'idb';
import type { Migration } from '../indexed-db/database.js';

/** Of a document, from 0. */
type Position = number;

/**
 * Keys of `documents` are numbers in the order documents were added. Revisions stay when all documents of their
 * collection have gone: whoever has read an old one must not take a new one for it.
 */
export interface DocumentsSchema extends DBSchema {
  documents: {
    key: number;
    value: DocumentRecord;
    indexes: { byCollection: string; byId: [string, string]; bySource: [string, string] };
  };
  chunks: { key: [number, Position]; value: DocumentChunk; indexes: { byContent: string } };
  /** Vectors of documents that are not whole yet, oldest first. */
  drafts: { key: number; value: KnownVector; indexes: { byContent: string } };
  revisions: { key: string; value: number };
}

export const DOCUMENTS_STORES = ['documents', 'chunks', 'drafts', 'revisions'] as const;

const initial: Migration = (database) => {
  const documents = database.createObjectStore('documents', { autoIncrement: true });
  documents.createIndex('byCollection', 'collection');
  documents.createIndex('byId', ['collection', 'documentId'], { unique: true });
  documents.createIndex('bySource', ['collection', 'source'], { unique: true });
  database.createObjectStore('chunks');
  database.createObjectStore('revisions');
};

const drafts: Migration = (database, transaction) => {
  transaction.objectStore('chunks').createIndex('byContent', 'contentId');
  database.createObjectStore('drafts', { autoIncrement: true }).createIndex('byContent', 'contentId');
};

export const DOCUMENTS_MIGRATIONS: readonly Migration[] = [initial, drafts];
