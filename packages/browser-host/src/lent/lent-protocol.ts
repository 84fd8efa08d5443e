import type { LedgerEntry } from '@terrace/core';
import type { Embedded } from '@terrace/core/cache';
import type { Method } from '../calls/messages.js';

/** Absolute URL, of one origin with the page: it comes with every call, as the runtime's own script knows none. */
export interface LentFiles {
  /** Of the page's script: files of another release do not understand each other. */
  readonly version: string;
  readonly script: string;
}

/** What a page's cache and documents borrow of its runtime, whichever tab has it. */
export interface LentCalls {
  /** Content id of all that may answer such a request now. */
  readonly identity: Method<[ask: { readonly task: string; readonly domain: string | undefined }], string>;
  /** Into the ledger that reports are made of. */
  readonly append: Method<[entries: readonly LedgerEntry[]], void>;
  readonly embed: Method<[texts: readonly string[], priority: 'high' | 'normal' | 'low' | undefined], Embedded>;
}
