import type { DocumentChunk, DocumentRecord, DocumentStore } from '@terrace/core/documents';

/** Documents of one collection, in memory: what a search takes is measured, and not a disk. */
export function keepDocuments(): DocumentStore {
  const kept = new Map<string, { readonly record: DocumentRecord; readonly chunks: readonly DocumentChunk[] }>();
  let revision = 0;
  return {
    async put(record, chunks) {
      kept.set(record.documentId, { record, chunks });
      revision++;
    },
    list: async () => [...kept.values()].map(({ record }) => record).toReversed(),
    get: async (_, documentId) => kept.get(documentId)?.record,
    async *chunks(_, documentId) {
      for (const [id, { chunks }] of kept) if (documentId === undefined || documentId === id) yield chunks;
    },
    embed: async () => undefined,
    vectorsOf: async () => [],
    draft: async () => undefined,
    remove: async () => 0,
    revision: async () => revision,
    close: async () => undefined,
  };
}
