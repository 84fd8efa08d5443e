import type { DatabaseSchema } from '../sqlite/migrate.js';

/** Marks a file as a Terrace queue ("TERQ"). */
const APPLICATION_ID = 0x54455251;

/** Keeps the sums of `totals` in step with what it says about a row. */
const count = (sign: '+' | '-', row: 'NEW' | 'OLD'): string =>
  `UPDATE totals SET requests = requests ${sign} 1, bytes = bytes ${sign} ${row}.bytes
   WHERE ended = (${row}.state <> 'waiting')`;

/*
 * `seq` is the order requests came in; wall clocks jump. `bytes` is the length of the texts of a row, which come last:
 * what stands behind a long text is slow to read. The sums are kept, as counting 100,000 rows at every request would
 * cost more than the request.
 */
const initial = [
  `PRAGMA application_id = ${APPLICATION_ID}`,
  `CREATE TABLE queued (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL UNIQUE,
    at_wall_ms REAL NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'failed')),
    tries INTEGER NOT NULL DEFAULT 0,
    token TEXT,
    owner TEXT,
    lease_until_wall_ms REAL NOT NULL DEFAULT 0,
    ended_at_wall_ms REAL,
    bytes INTEGER NOT NULL,
    request TEXT NOT NULL,
    ending TEXT,
    CHECK ((state = 'waiting') = (ending IS NULL) AND (state = 'waiting') = (ended_at_wall_ms IS NULL))
  ) STRICT`,
  'CREATE INDEX queued_by_state ON queued (state, seq)',
  'CREATE INDEX queued_by_end ON queued (ended_at_wall_ms) WHERE ended_at_wall_ms IS NOT NULL',
  `CREATE TABLE totals (
    ended INTEGER PRIMARY KEY CHECK (ended IN (0, 1)),
    requests INTEGER NOT NULL,
    bytes INTEGER NOT NULL
  ) STRICT`,
  'INSERT INTO totals VALUES (0, 0, 0), (1, 0, 0)',
  `CREATE TRIGGER queued_added AFTER INSERT ON queued BEGIN ${count('+', 'NEW')}; END`,
  `CREATE TRIGGER queued_ended AFTER UPDATE OF state, bytes ON queued BEGIN ${count('-', 'OLD')}; ${count('+', 'NEW')}; END`,
  `CREATE TRIGGER queued_forgotten AFTER DELETE ON queued BEGIN ${count('-', 'OLD')}; END`,
];

/** Requests that wait for the network, with their text: rows are removed, and what they held is overwritten. */
export const queueSchema: DatabaseSchema = { noun: 'queue', applicationId: APPLICATION_ID, migrations: [initial] };
