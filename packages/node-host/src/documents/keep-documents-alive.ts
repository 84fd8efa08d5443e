import type { Documents } from '@terrace/core/documents';
import { alive } from '../queue/keep-alive.js';

/** Whoever adds a document or searches wants the process to last until that is done: the pauses in between do not see to it. */
export const keepDocumentsAlive = <T extends Documents>(documents: T): T => ({
  ...documents,
  add: (...what) => alive(() => documents.add(...what)),
  search: (...what) => alive(() => documents.search(...what)),
});
