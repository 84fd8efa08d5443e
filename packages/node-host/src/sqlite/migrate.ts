import { StorageError } from '@terrace/core';
import type { Connection } from './connection.js';
import type { DatabaseName } from './database-failure.js';

/** What a file must be to be one of Terrace's databases, and how an older one becomes it. */
export interface DatabaseSchema extends Pick<DatabaseName, 'noun'> {
  /** Marks the file, so that another program's database is never migrated. */
  readonly applicationId: number;
  /** In order; the one at index n takes a file from version n to n + 1. */
  readonly migrations: readonly (readonly string[])[];
}

/**
 * Bring the file to the version of this program, one transaction a migration. Two processes may do it at
 * once: the version is read again under the write lock, so each migration runs once.
 * @throws the driver's error; the file is then at the last version that was reached
 */
export async function migrate({
  connection,
  steps,
}: {
  connection: Connection;
  steps: DatabaseSchema['migrations'];
}): Promise<void> {
  for (let done = false; !done;) {
    done = await connection.write(async (transaction) => {
      const { rows } = await transaction.execute('PRAGMA user_version');
      const version = Number(rows[0]?.['user_version']);
      const step = steps[version];
      if (step === undefined) return true;
      for (const sql of step) await transaction.execute(sql);
      await transaction.execute(`PRAGMA user_version = ${version + 1}`);
      return false;
    });
  }
}

/**
 * Whether the file has to be migrated.
 * @param objects how many tables, indexes and triggers it holds; 0 for a new file
 * @throws StorageError when it belongs to another program or to a newer Terrace
 */
export function needsMigration({
  file,
  applicationId,
  version,
  objects,
  schema,
}: {
  file: string;
  applicationId: number;
  version: number;
  objects: number;
  schema: DatabaseSchema;
}): boolean {
  const { noun } = schema;
  const latest = schema.migrations.length;
  if (applicationId !== schema.applicationId && objects > 0) {
    throw new StorageError({
      message: `${file} is a database of another program, not a Terrace ${noun}`,
      hint: `Give the ${noun} a file of its own, or set TERRACE_HOME to another folder.`,
      facts: { file, sqliteCode: `NOT_A_${noun.toUpperCase().replaceAll(' ', '_')}` },
    });
  }
  if (version > latest) {
    throw new StorageError({
      message: `The ${noun} ${file} has version ${version}; this program knows versions up to ${latest}`,
      hint: `Update Terrace to the version that wrote the ${noun}, or set TERRACE_HOME to another folder.`,
      facts: { file, sqliteCode: 'VERSION_TOO_NEW', version, latest },
    });
  }
  return version < latest;
}
