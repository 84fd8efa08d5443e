import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Client } from '@libsql/client/sqlite3';
import { isCorrupt } from '../sqlite/database-failure.js';
import { ledgerFailure } from './ledger-failure.js';
import { quarantined } from '../sqlite/quarantine.js';

export interface LedgerState {
  readonly exists: boolean;
  /** What SQLite says is wrong with it; empty when it is whole. */
  readonly damage: readonly string[];
  /** Damaged ledgers beside it whose rows were not taken over. */
  readonly unsalvaged: readonly string[];
}

/**
 * How a ledger is, without changing it: it is neither created nor migrated.
 * @throws StorageError when it cannot be opened for another reason than its content
 */
export async function inspectLedger(file: string): Promise<LedgerState> {
  const aside = quarantined(file);
  if (!existsSync(file)) return { exists: false, damage: [], unsalvaged: aside };
  const { createClient } = await import('@libsql/client/sqlite3');
  let client: Client | undefined;
  try {
    client = createClient({ url: pathToFileURL(file).href, concurrency: 1 });
    const { rows } = await client.execute('PRAGMA integrity_check');
    const damage = rows.map((row) => String(row['integrity_check'])).filter((line) => line !== 'ok');
    const salvaged = damage.length === 0 ? await salvagedNames(client) : new Set<string>();
    return { exists: true, damage, unsalvaged: aside.filter((path) => !salvaged.has(basename(path))) };
  } catch (cause) {
    if (!isCorrupt(cause)) throw ledgerFailure({ doing: 'check', file, cause });
    return { exists: true, damage: [cause instanceof Error ? cause.message : String(cause)], unsalvaged: aside };
  } finally {
    client?.close();
  }
}

async function salvagedNames(client: Client): Promise<Set<string>> {
  const { rows: found } = await client.execute("SELECT 1 FROM sqlite_schema WHERE name = 'salvages'");
  if (found.length === 0) return new Set();
  const { rows } = await client.execute('SELECT file FROM salvages');
  return new Set(rows.map((row) => String(row['file'])));
}
