import type { DocumentStore, Documents } from '@terrace/core/documents';
import { createNodeRuntime } from '../../create-node-runtime.js';
import { documentsFile } from '../../documents/documents-file.js';
import { createLazyDocuments } from '../../documents/lazy-documents.js';
import { systemClock } from '../../system-clock.js';
import { warn } from '../output.js';
import { readSettings, runtimeOptions, type GlobalFlags } from '../settings.js';

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

/** The documents, and the encoders of this device that embed. */
export async function withDocumentsRuntime<T>(
  flags: GlobalFlags,
  use: (documents: Documents) => Promise<T>,
): Promise<T> {
  const settings = await readSettings(flags);
  const runtime = await createNodeRuntime({ ...runtimeOptions(settings), reconcile: false, learning: false });
  for (const warning of [...settings.warnings, ...runtime.models.warnings]) warn(warning);
  try {
    return await use(runtime.documents);
  } finally {
    await runtime.close();
  }
}
