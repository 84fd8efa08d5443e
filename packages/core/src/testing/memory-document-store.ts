import { DOCUMENT_LIMITS } from '../documents/read-document.js';
import type { DocumentChunk, DocumentRecord, DocumentStore, KnownVector } from '../ports/document-store.js';

/** Small, so that tests see more than one page. */
const CHUNKS_A_PAGE = 16;

interface Kept {
  readonly record: DocumentRecord;
  readonly chunks: readonly DocumentChunk[];
}

const copy = (chunk: DocumentChunk): DocumentChunk => ({
  ...chunk,
  headings: [...chunk.headings],
  vector: chunk.vector?.slice(),
});

/** Documents that end with the process: for tests, and the plainest statement of what a store of documents does. */
export function createMemoryDocumentStore(): DocumentStore {
  /** By collection and document, in the order they were added. */
  const kept = new Map<string, Map<string, Kept>>();
  /** Oldest first. */
  let drafts: KnownVector[] = [];
  const revisions = new Map<string, number>();
  const changed = (collection: string): void => {
    revisions.set(collection, (revisions.get(collection) ?? 0) + 1);
  };

  return {
    async put(record, chunks) {
      const documents = kept.get(record.collection) ?? new Map<string, Kept>();
      for (const [id, { record: old }] of documents) if (old.source === record.source) documents.delete(id);
      documents.delete(record.documentId);
      documents.set(record.documentId, { record: { ...record }, chunks: chunks.map(copy) });
      kept.set(record.collection, documents);
      const contents = new Set(chunks.map(({ contentId }) => contentId));
      drafts = drafts.filter(({ contentId }) => !contents.has(contentId));
      changed(record.collection);
    },
    async list(collection) {
      const of = collection === undefined ? [...kept.values()] : [kept.get(collection) ?? new Map<string, Kept>()];
      return of
        .flatMap((documents) => [...documents.values()].map(({ record }) => ({ ...record })))
        .toReversed()
        .toSorted((a, b) => b.addedAtWallMs - a.addedAtWallMs);
    },
    async get(collection, documentId) {
      const found = kept.get(collection)?.get(documentId);
      return found && { ...found.record };
    },
    async *chunks(collection, documentId) {
      // As it was when it was asked: what changes meanwhile is told by the revision.
      const documents = [...(kept.get(collection) ?? new Map<string, Kept>()).entries()];
      for (const [id, { chunks }] of documents) {
        if (documentId !== undefined && id !== documentId) continue;
        for (let at = 0; at < chunks.length; at += CHUNKS_A_PAGE) yield chunks.slice(at, at + CHUNKS_A_PAGE).map(copy);
      }
    },
    async embed(collection, documentId, encoder, vectors) {
      const documents = kept.get(collection);
      const found = documents?.get(documentId);
      if (!documents || !found || found.chunks.length !== vectors.length) return;
      documents.set(documentId, {
        record: { ...found.record, encoder },
        chunks: found.chunks.map((chunk, at) => ({ ...chunk, vector: vectors[at]?.slice() })),
      });
      changed(collection);
    },
    async vectorsOf(contentIds) {
      const asked = new Set(contentIds);
      const all = [...kept.values()].flatMap((documents) => [...documents.values()]);
      const found = new Map<string, KnownVector>();
      const whole = all.flatMap(({ record: { encoder }, chunks }) =>
        chunks.flatMap(({ contentId, vector }) =>
          contentId === undefined || encoder === undefined || !vector ? [] : [{ contentId, encoder, vector }],
        ),
      );
      for (const each of [...whole, ...drafts]) {
        if (!asked.has(each.contentId)) continue;
        found.set(`${each.encoder} ${each.contentId}`, { ...each, vector: each.vector.slice() });
      }
      return [...found.values()];
    },
    async draft(vectors) {
      const copies = vectors.map((each) => ({ ...each, vector: each.vector.slice() }));
      drafts = [...drafts, ...copies].slice(-DOCUMENT_LIMITS.passages);
    },
    async remove(collection, documentId) {
      if (documentId === undefined) drafts = [];
      const documents = kept.get(collection) ?? new Map<string, Kept>();
      const goes = [...documents.keys()].filter((id) => documentId === undefined || id === documentId);
      for (const id of goes) documents.delete(id);
      if (goes.length > 0) changed(collection);
      return goes.length;
    },
    revision: async (collection) => revisions.get(collection) ?? 0,
    close: async () => undefined,
  };
}
