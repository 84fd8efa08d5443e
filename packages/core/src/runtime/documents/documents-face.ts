import type { DocumentsWish } from '../../documents/documents-wish.js';
import type { ReadDocument } from '../../documents/read-document.js';
import type { DocumentRecord } from '../../ports/document-store.js';
import type { TextRequestInput } from '../../text/request/text-request-schema.js';
import type { TextResult } from '../text/text-result.js';
import type { TextRunOptions } from '../text/text-runtime.js';
import type { TextStep } from '../text/text-step.js';

/** A passage that was found. */
export interface FoundChunk {
  readonly documentId: string;
  readonly title: string;
  readonly chunk: number;
  readonly headings: readonly string[];
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly page: number | undefined;
  /** Of both together; higher is better. */
  readonly score: number;
  /** Undefined where no encoder is on this device. */
  readonly cosine: number | undefined;
  readonly bm25: number;
}

/** Documents of this device. */
export interface Documents {
  /**
   * Whole or not at all; a document of the same source is replaced. Without an encoder on this device it is found by its
   * words alone until one is there. @throws InvalidDocumentError, InvalidRequestError, StorageError, the signal's reason
   */
  add(
    document: ReadDocument & Pick<DocumentRecord, 'collection' | 'source' | 'mediaType'>,
    options?: {
      readonly signal?: AbortSignal | undefined;
      readonly onProgress?: ((done: number, chunks: number) => void) | undefined;
    },
  ): Promise<DocumentRecord>;
  list(collection?: string): Promise<readonly DocumentRecord[]>;
  /** Best first. @throws StorageError */
  search(
    query: { readonly text: string; readonly collection: string; readonly top: number },
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<readonly FoundChunk[]>;
  /** @returns how many went */
  remove(collection: string, documentId?: string): Promise<number>;
}

type Wished = { readonly documents?: DocumentsWish | undefined };

/** What a runtime with documents answers more than one without. */
export interface DocumentsFace {
  readonly run: (
    input: TextRequestInput & Wished,
    options?: TextRunOptions & { readonly inOrder?: string | undefined },
  ) => Promise<TextResult>;
  readonly stream: (input: TextRequestInput & Wished, options?: TextRunOptions) => AsyncGenerator<TextStep, TextResult>;
  readonly documents: Documents;
}
