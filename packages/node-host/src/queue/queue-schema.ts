import type { DatabaseSchema } from '../sqlite/migrate.js';

const initial = [
  // "TERQ"
  'PRAGMA application_id = 1413829201',
  `CREATE TABLE queued (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL UNIQUE,
    at_wall_ms REAL NOT NULL,
    request TEXT NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0,
    token TEXT,
    owner TEXT,
    lease_until_wall_ms REAL NOT NULL DEFAULT 0,
    ended_at_wall_ms REAL,
    result TEXT,
    error TEXT,
    CHECK ((ended_at_wall_ms IS NULL) = (result IS NULL AND error IS NULL))
  ) STRICT`,
  'CREATE INDEX queued_by_end ON queued (ended_at_wall_ms, seq)',
];

/** Requests that wait for the network, with their text: rows are removed, and what they held is overwritten. */
export const queueSchema: DatabaseSchema = { noun: 'queue', applicationId: 1413829201, migrations: [initial] };
