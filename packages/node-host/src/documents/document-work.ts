import type { TypedDocument } from '@terrace/core/documents';
import type { ErrorEnvelope } from '@terrace/core/engine';

/** What the thread that reads is sent. */
export interface DocumentWork {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What it says: that a page was read, or how it ended. */
export type DocumentSaid = { readonly page: true } | DocumentDone;

export type DocumentDone = { readonly document: TypedDocument } | { readonly error: ErrorEnvelope };
