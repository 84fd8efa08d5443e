import { StorageError } from '@terrace/core';

const NEW_FILE = 'Run `terrace doctor --fix`: it sets the file aside and takes over every row that can be read.';
const WRITABLE = 'Make the folder writable for this user, or set TERRACE_HOME to one that is.';
const FREE_SPACE = 'Free disk space, then try again: nothing of this write was kept.';

const hints: Readonly<Record<string, string>> = {
  SQLITE_BUSY: 'Another process holds the file for too long: find it (`fuser FILE`) and stop it, then try again.',
  SQLITE_CANTOPEN: WRITABLE,
  SQLITE_CORRUPT: NEW_FILE,
  SQLITE_FULL: FREE_SPACE,
  SQLITE_IOERR: 'Check the free space and the health of the disk, then try again: nothing of this write was kept.',
  SQLITE_NOTADB: NEW_FILE,
  SQLITE_PERM: WRITABLE,
  SQLITE_READONLY: WRITABLE,
  CLIENT_CLOSED: 'Open the file again: this one was closed.',
  EACCES: WRITABLE,
  EEXIST: 'A file stands where its folder should be: move it, or set TERRACE_HOME.',
  // What Node 20 says when it makes folders on a read-only disk.
  ENOENT: WRITABLE,
  ENOSPC: FREE_SPACE,
  ENOTDIR: 'A file stands where its folder should be: move it, or set TERRACE_HOME.',
  EPERM: WRITABLE,
  EROFS: WRITABLE,
};

/** The primary code of a driver or file-system error, such as `SQLITE_FULL` or `EACCES`; `UNKNOWN` without one. */
export function failureCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  // All the driver says about a file it cannot open is a number in the message.
  if (code === '') return 'SQLITE_CANTOPEN';
  return typeof code === 'string' ? code : 'UNKNOWN';
}

/** Not the disk, nor the file, nor another process: what was to be written can never be. */
const ENTRY_FAULTS: ReadonlySet<string> = new Set([
  'SQLITE_CONSTRAINT',
  'SQLITE_MISMATCH',
  'SQLITE_RANGE',
  'SQLITE_TOOBIG',
]);

/** Whether the file's own content is damaged, so that nothing but another file helps. */
export const isCorrupt = (error: unknown): boolean => {
  const code = StorageError.isInstance(error) ? error.facts['sqliteCode'] : failureCode(error);
  return code === 'SQLITE_CORRUPT' || code === 'SQLITE_NOTADB';
};

/** A database of Terrace's, as messages call it. */
export interface DatabaseName {
  readonly noun: 'ledger' | 'queue' | 'lesson store' | 'document store' | 'cache';
  readonly file: string;
}

/**
 * Whatever went wrong with a database's file, as a StorageError with facts `{file, sqliteCode}`.
 * @param doing what was attempted, such as `append to`
 */
export function databaseFailure({
  doing,
  noun,
  file,
  cause,
}: DatabaseName & { doing: string; cause: unknown }): StorageError {
  if (StorageError.isInstance(cause)) return cause;
  const sqliteCode = failureCode(cause);
  return new StorageError({
    message: `Cannot ${doing} the ${noun} ${file}: ${cause instanceof Error ? cause.message : String(cause)}`,
    hint: hints[sqliteCode] ?? 'Check the disk and the file, then try again; the cause names the failed operation.',
    facts: { file, sqliteCode, ...(ENTRY_FAULTS.has(sqliteCode) && { fault: 'entry' }) },
    cause,
  });
}
