import type { DocumentStore } from '@terrace/core/documents';
import { documentsFile } from '../../documents/documents-file.js';
import { createLazyDocuments } from '../../documents/lazy-documents.js';
import { systemClock } from '../../system-clock.js';
import { warn } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';

/** The documents alone: no model is loaded. */
export async function withDocumentStore<T>(flags: GlobalFlags, use: (store: DocumentStore) => Promise<T>): Promise<T> {
  const { home } = await readSettings(flags);
  const store = createLazyDocuments({
    file: documentsFile(home),
    clock: systemClock,
    onWarning: ({ message, hint }) => warn(`${message} ${hint}`),
  });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
