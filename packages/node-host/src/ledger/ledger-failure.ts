import type { StorageError } from '@terrace/core';
import { databaseFailure } from '../sqlite/database-failure.js';

/** Whatever went wrong with the ledger's file. @param doing what was attempted, such as `append to` */
export const ledgerFailure = (failure: { doing: string; file: string; cause: unknown }): StorageError =>
  databaseFailure({ noun: 'ledger', ...failure });
