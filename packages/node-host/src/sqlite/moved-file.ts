import { statSync } from 'node:fs';
import { StorageError } from '@terrace/core';
import type { DatabaseName } from './database-failure.js';

/** Which file a path names: a file that was moved away keeps its identity and loses its path. */
export type FileIdentity = string;

/** @returns undefined when there is none, or none that can be seen */
export function identityOf(file: string): FileIdentity | undefined {
  try {
    const { dev, ino } = statSync(file, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

const MOVED = 'MOVED';

/** Whether a database's file was moved or removed under it: it must be opened again. */
export const wasMoved = (error: unknown): boolean =>
  StorageError.isInstance(error) && error.facts['sqliteCode'] === MOVED;

/** SQLite goes on writing to a file that lost its name, and whoever opens the database next finds another one. */
export const movedFile = ({ noun, file }: DatabaseName): StorageError =>
  new StorageError({
    message: `The ${noun} ${file} was moved or removed while it was open`,
    hint: 'Open it again: nothing of this write was kept.',
    facts: { file, sqliteCode: MOVED },
  });
