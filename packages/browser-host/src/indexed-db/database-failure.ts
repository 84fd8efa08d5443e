import { StorageError, TerraceError } from '@terrace/core';

/** A database of Terrace's, as messages call it. */
export interface DatabaseName {
  readonly noun: 'ledger' | 'queue' | 'records' | 'budgets' | 'document store' | 'cache';
  readonly name: string;
}

const SPACE = 'Free disk space, or let the site have more of it: nothing of this write was kept.';
const STORED = 'Allow the site to store data (no private window, IndexedDB); until then nothing outlasts the page.';
const hints: Readonly<Record<string, string>> = {
  QuotaExceededError: SPACE,
  MISSING: STORED,
  REFUSED: STORED,
  LATE: 'Close other tabs of the site, or start the browser anew.',
  CLOSED: 'Create another runtime.',
  DataCloneError: 'Records are plain data: nothing of this write was kept.',
};

/** Why a database cannot be used, as the name of an error: ours are in capitals, the others are those of the browser. */
export const failureNamed = (name: FailureName, message: string, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { name });

type FailureName =
  /** There is no IndexedDB. */
  | 'MISSING'
  /** Nothing may be stored, under no name, as long as the page is open. */
  | 'REFUSED'
  /** The database of this name is none of Terrace. */
  | 'FOREIGN'
  /** It cannot be opened in time. */
  | 'LATE';

/** What an error is called, such as `QuotaExceededError`. */
export function reasonOf(error: unknown): string {
  if (StorageError.isInstance(error)) return String(error.facts['reason']);
  return error instanceof Error ? error.name : 'UNKNOWN';
}

/** Whether nothing can be stored as long as this page is open. */
export const isRefused = (error: unknown): boolean => ['MISSING', 'REFUSED'].includes(reasonOf(error));

const REFUSALS: ReadonlySet<string> = new Set(['SecurityError', 'InvalidStateError', 'NotSupportedError']);

/** Whether a browser that fails so to open a database lets the site store nothing. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof Error &&
  // What Chromium says where the user has blocked the site's data.
  (REFUSALS.has(error.name) || (error.name === 'UnknownError' && error.message.includes('denied')));

/**
 * Whatever went wrong with a database, as a StorageError with facts `{database, reason}`; what is an error of Terrace
 * already is left as it is.
 * @param doing what was attempted, such as `append to`
 */
export function databaseFailure({
  doing,
  noun,
  name,
  cause,
}: DatabaseName & { readonly doing: string; readonly cause: unknown }): TerraceError {
  if (TerraceError.isInstance(cause)) return cause;
  const reason = reasonOf(cause);
  return new StorageError({
    message: `Cannot ${doing} the ${noun} "${name}": ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: hints[reason] ?? 'Load the page again; the cause names the failed operation.',
    facts: { database: name, reason, ...(reason === 'DataCloneError' && { fault: 'entry' }) },
    cause,
  });
}
