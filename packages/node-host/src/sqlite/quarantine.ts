import { readdirSync, renameSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { databaseFailure, type DatabaseName } from './database-failure.js';
import { identityOf, type FileIdentity } from './moved-file.js';

/**
 * Sets a damaged database aside as `<name>.corrupt-<time>.db`, with its write-ahead log, which holds the newest rows.
 * Nothing is deleted. The database goes last: a log that stayed behind alone would be taken for the next one's.
 * @param damaged the file that was found damaged; another one at this path is left alone, as another process has
 *   already put it there
 * @returns where it is now; undefined when there was nothing to set aside
 * @throws StorageError when the folder cannot be written
 */
export function quarantine({
  noun,
  file,
  damaged,
  wallMs,
}: DatabaseName & { damaged: FileIdentity | undefined; wallMs: number }): string | undefined {
  if (damaged === undefined || identityOf(file) !== damaged) return undefined;
  const aside = freeName(file, wallMs);
  try {
    for (const suffix of ['-wal', '-shm', '']) {
      if (identityOf(file + suffix) !== undefined) renameSync(file + suffix, aside + suffix);
    }
  } catch (cause) {
    throw databaseFailure({ doing: 'set aside', noun, file, cause });
  }
  return aside;
}

/** Damaged databases of this name that were set aside, the oldest first. */
export function quarantined(file: string): string[] {
  const start = `${basename(file, '.db')}.corrupt-`;
  const folder = dirname(file);
  const all = identityOf(folder) === undefined ? [] : readdirSync(folder);
  const names = all.filter((name) => name.startsWith(start) && name.endsWith('.db'));
  return names.toSorted().map((name) => join(folder, name));
}

/** The time is for people: a clock that went back must not overwrite an older one. */
function freeName(file: string, wallMs: number): string {
  const time = new Date(wallMs).toISOString().replaceAll(/[:.]/g, '-');
  const name = (number: number): string =>
    join(dirname(file), `${basename(file, '.db')}.corrupt-${time}${number === 1 ? '' : `-${number}`}.db`);
  let number = 1;
  while (identityOf(name(number)) !== undefined) number += 1;
  return name(number);
}
