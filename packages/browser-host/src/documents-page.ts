/** Documents of a page: what a page without them loads nothing of. */
import {
  withDocuments as withStore,
  type DocumentRecord,
  type Documents,
  type DocumentsFace,
} from '@terrace/core/documents';
import { createVectorIndex } from '@terrace/core/vectors';
import type { BrowserRuntime } from './create-browser-runtime.js';
import { openIndexedDbDocuments } from './documents/indexed-db-documents.js';
import { readDocumentBlob, type DocumentScripts } from './documents/read-document-blob.js';
import { fileIn } from './lent/file-in.js';
import { borrowFrom } from './lent/borrow.js';
import { startHash } from './store/part.js';
import { systemClock } from './system-clock.js';
import type { BrowserTextRuntime } from './text-page.js';

export type {
  Citation,
  DocumentRecord,
  Documents,
  DocumentsFace,
  DocumentsWish,
  FoundChunk,
} from '@terrace/core/documents';

export interface PageDocumentsOptions {
  /** The folder with the package's other files, where they do not stand beside this script. Of the page's own origin. */
  readonly assetsUrl?: string | URL;
  /** Told of what works less well than it could. */
  readonly onWarning?: (message: string) => void;
  /** Told when something failed that no search reports: it goes by words alone then. */
  readonly onFailure?: (error: unknown) => void;
}

export interface AddFileOptions {
  /** `default` without it. */
  readonly collection?: string;
  /** How its end says what it is; of a File its own. */
  readonly name?: string;
  /** What it replaces when it is added anew; the name without it. */
  readonly source?: string;
  readonly signal?: AbortSignal;
  /** Of its passages, how many are embedded. */
  readonly onProgress?: (done: number, chunks: number) => void;
}

/** Documents that are read from files, too. */
export interface PageDocuments extends Documents {
  /**
   * Reads a text, Markdown, HTML or PDF in a worker and adds it, whole or not at all.
   * @throws InvalidDocumentError, InvalidRequestError, StorageError, the signal's reason
   */
  addFile(file: Blob, options?: AddFileOptions): Promise<DocumentRecord>;
}

/** A runtime whose text requests may ask for documents of this site. */
export type DocumentsRuntime<R> = Omit<R, 'run' | 'stream' | 'documents'> & {
  readonly run: DocumentsFace['run'] & MemberOf<R, 'run'>;
  readonly stream: DocumentsFace['stream'] & MemberOf<R, 'stream'>;
  readonly documents: PageDocuments;
};

type MemberOf<R, N extends string> = R extends { readonly [K in N]: infer Member } ? Member : never;

/**
 * Keeps documents in the site's storage, cut into passages that are embedded on the device and found by words and
 * meaning; a request for text that says `documents` is given what its question finds, and its result has `citations`.
 * Nothing of a document leaves the device but in such a request, to where that goes.
 * @param runtime of `withText`, where texts are asked for; a cache goes inside: `withDocuments(withResponseCache(...))`
 */
export function withDocuments<
  R extends Pick<BrowserRuntime, 'rare' | 'close'> & Partial<Pick<BrowserTextRuntime, 'count'>>,
>(runtime: R, { assetsUrl, onWarning, onFailure }: PageDocumentsOptions = {}): DocumentsRuntime<R> {
  const { embed } = borrowFrom(runtime, assetsUrl);
  const store = openIndexedDbDocuments({
    name: 'terrace-documents',
    clock: systemClock,
    onWarning: ({ message }) => onWarning?.(message),
  });
  const { count } = runtime;
  const informed = withStore(runtime as never, {
    store,
    embed,
    createIndex: createVectorIndex,
    clock: systemClock,
    startHash,
    onFailure,
    ...(count && {
      count: (chat, signal) => count({ task: 'text-generation', ...chat } as never, { signal }),
    }),
  }) as DocumentsFace;
  const scripts = scriptsIn(assetsUrl);
  const documents: PageDocuments = {
    ...informed.documents,
    async addFile(file, { collection = 'default', name, source, signal, onProgress } = {}) {
      const called = name ?? (file instanceof File ? file.name : '');
      const document = await readDocumentBlob(file, { name: called, scripts, signal });
      const options = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
      return informed.documents.add({ ...document, collection, source: source ?? called }, options);
    },
  };
  return { ...informed, documents } as unknown as DocumentsRuntime<R>;
}

const scriptsIn = (assetsUrl: string | URL | undefined): DocumentScripts => ({
  text: fileIn(assetsUrl, 'documents-worker.js', () => new URL('./documents-worker.js', import.meta.url)),
  pdf: fileIn(assetsUrl, 'documents-pdf-worker.js', () => new URL('./documents-pdf-worker.js', import.meta.url)),
});
