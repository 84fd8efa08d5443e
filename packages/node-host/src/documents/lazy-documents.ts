import type { Clock, StorageError } from '@terrace/core';
import type { DocumentStore } from '@terrace/core/documents';
import { createLazyStore } from '../sqlite/lazy-store.js';
import { documentsSchema } from './documents-schema.js';
import { inPages, type PagedDocuments } from './paged-documents.js';

/** Documents whose file is made when there is the first one. */
export function createLazyDocuments({
  file,
  clock,
  onWarning,
}: {
  readonly file: string;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Told of a damaged file that was set aside. */
  readonly onWarning: (warning: StorageError) => void;
}): DocumentStore {
  const { use, useIfThere, close } = createLazyStore<PagedDocuments>({
    noun: documentsSchema.noun,
    file,
    clock,
    open: async () => (await import('./sqlite-documents.js')).openSqliteDocuments({ file, clock }),
    damagedHint: 'Add the documents again with `terrace documents add`: their files are where they were.',
    onWarning,
  });
  return {
    put: (record, chunks) => use((store) => store.put(record, chunks)),
    list: (collection) => useIfThere([], (store) => store.list(collection)),
    get: (collection, documentId) => useIfThere(undefined, (store) => store.get(collection, documentId)),
    chunks: (collection, documentId) =>
      inPages((after) =>
        useIfThere({ chunks: [], last: undefined }, (store) => store.page(collection, documentId, after)),
      ),
    embed: (...what) => useIfThere(undefined, (store) => store.embed(...what)),
    vectorsOf: (contentIds) => useIfThere([], (store) => store.vectorsOf(contentIds)),
    draft: (vectors) => use((store) => store.draft(vectors)),
    remove: (collection, documentId) => useIfThere(0, (store) => store.remove(collection, documentId)),
    revision: (collection) => useIfThere(0, (store) => store.revision(collection)),
    close,
  };
}
