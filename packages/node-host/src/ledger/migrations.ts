import type { DatabaseSchema } from '../sqlite/migrate.js';

/** Marks a file as a Terrace ledger ("TERR"), so that another program's database is never migrated. */
export const APPLICATION_ID = 0x54455252;

/** Rows are only ever added: changing, removing and (INSERT OR REPLACE) overwriting one all fail. */
function appendOnly(table: string): string[] {
  const refuse = `BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END`;
  return [
    `CREATE TRIGGER ${table}_no_update BEFORE UPDATE ON ${table} ${refuse}`,
    `CREATE TRIGGER ${table}_no_delete BEFORE DELETE ON ${table} ${refuse}`,
    `CREATE TRIGGER ${table}_no_replace BEFORE INSERT ON ${table}
       WHEN EXISTS (SELECT 1 FROM ${table} WHERE seq = NEW.seq) ${refuse}`,
  ];
}

/*
 * `seq` is the order of appending; wall clocks jump. Numbers are REAL, which is what a JavaScript number is.
 * AUTOINCREMENT never gives a number out twice, so a seq can be a cursor (of an upload, say).
 */
const initial = [
  `PRAGMA application_id = ${APPLICATION_ID}`,
  `CREATE TABLE outcomes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL,
    at_wall_ms REAL NOT NULL,
    task TEXT NOT NULL,
    domain TEXT,
    sub_domain TEXT,
    catalog_revision TEXT NOT NULL,
    ladder_revision TEXT,
    tier TEXT NOT NULL,
    placement TEXT NOT NULL,
    path TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT,
    degraded INTEGER NOT NULL CHECK (degraded IN (0, 1)),
    confidence REAL,
    text_bytes REAL NOT NULL,
    tokens REAL NOT NULL,
    total_ms REAL NOT NULL,
    cost_usd REAL NOT NULL,
    decisions TEXT NOT NULL CHECK (json_valid(decisions)),
    audit INTEGER NOT NULL CHECK (audit IN (0, 1)),
    audit_probability REAL NOT NULL
  ) STRICT`,
  'CREATE INDEX outcomes_by_domain ON outcomes (domain, seq)',
  `CREATE TABLE runs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL,
    at_wall_ms REAL NOT NULL,
    variant_id TEXT NOT NULL,
    tier TEXT NOT NULL,
    tokens REAL NOT NULL,
    latency_ms REAL NOT NULL
  ) STRICT`,
  'CREATE INDEX runs_by_variant ON runs (variant_id, seq, latency_ms)',
  `CREATE TABLE loads (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at_wall_ms REAL NOT NULL,
    variant_id TEXT NOT NULL,
    tier TEXT NOT NULL,
    replaces TEXT,
    load_ms REAL NOT NULL,
    bytes_read REAL NOT NULL,
    peak_memory_bytes REAL NOT NULL,
    warm_run_ms REAL NOT NULL
  ) STRICT`,
  'CREATE INDEX loads_by_variant ON loads (variant_id, seq, peak_memory_bytes, load_ms)',
  ...['outcomes', 'runs', 'loads'].flatMap(appendOnly),
];

const endings = [
  'ALTER TABLE outcomes ADD COLUMN error TEXT',
  // Which damaged ledgers had their readable rows taken over, so that it never happens twice.
  `CREATE TABLE salvages (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    file TEXT NOT NULL UNIQUE,
    at_wall_ms REAL NOT NULL,
    rows INTEGER NOT NULL
  ) STRICT`,
  ...appendOnly('salvages'),
];

/*
 * `right` is also a word of SQL, so it is quoted everywhere. Wall clocks jump, so an index on them finds where a time
 * begins and never says what is newer.
 */
const feedback = [
  'ALTER TABLE outcomes ADD COLUMN sent_bytes REAL NOT NULL DEFAULT 0',
  'ALTER TABLE outcomes ADD COLUMN energy_joules REAL NOT NULL DEFAULT 0',
  'CREATE INDEX outcomes_by_request ON outcomes (request_id, seq)',
  'CREATE INDEX outcomes_by_time ON outcomes (at_wall_ms, seq)',
  `CREATE TABLE feedback (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL,
    at_wall_ms REAL NOT NULL,
    "right" INTEGER NOT NULL CHECK ("right" IN (0, 1)),
    correction TEXT,
    comment TEXT
  ) STRICT`,
  'CREATE INDEX feedback_by_request ON feedback (request_id, seq)',
  ...appendOnly('feedback'),
];

/*
 * What budgets and a deployment keep is changed in place, unlike the ledger itself: it can be computed again from the
 * outcomes. Periods are known by their start; how much of one is reserved is computed, so that it cannot be wrong.
 */
const budgetsAndDeployment = [
  'ALTER TABLE outcomes ADD COLUMN key TEXT',
  `CREATE TABLE budget_spending (
    budget_id TEXT NOT NULL,
    from_wall_ms REAL NOT NULL,
    spent REAL NOT NULL,
    PRIMARY KEY (budget_id, from_wall_ms)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE budget_reservations (
    id TEXT NOT NULL,
    budget_id TEXT NOT NULL,
    from_wall_ms REAL NOT NULL,
    unit TEXT NOT NULL,
    amount REAL NOT NULL,
    at_wall_ms REAL NOT NULL,
    PRIMARY KEY (id, budget_id)
  ) STRICT, WITHOUT ROWID`,
  'CREATE INDEX budget_reservations_by_period ON budget_reservations (budget_id, from_wall_ms, amount)',
  `CREATE TABLE budget_hours (
    budget_id TEXT NOT NULL,
    from_wall_ms REAL NOT NULL,
    amount REAL NOT NULL,
    PRIMARY KEY (budget_id, from_wall_ms)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE deployment (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    fence INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (json_valid(state))
  ) STRICT`,
  `CREATE TABLE deployment_lease (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    owner TEXT NOT NULL,
    fence INTEGER NOT NULL,
    beat INTEGER NOT NULL,
    at_wall_ms REAL NOT NULL
  ) STRICT`,
  `CREATE TABLE deployment_wishes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    wish TEXT NOT NULL CHECK (json_valid(wish))
  ) STRICT`,
  `CREATE TABLE deployment_rewards (
    request_id TEXT NOT NULL,
    source TEXT NOT NULL,
    at_wall_ms REAL NOT NULL,
    model TEXT NOT NULL,
    reward REAL NOT NULL,
    probability REAL NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (request_id, source)
  ) STRICT`,
  'CREATE INDEX deployment_rewards_by_time ON deployment_rewards (at_wall_ms, seq)',
];

const text = ['input_tokens', 'output_tokens', 'first_token_ms', 'tokens_per_second'].map(
  (column) => `ALTER TABLE outcomes ADD COLUMN ${column} REAL`,
);

const cache = [
  'cache_kind TEXT',
  'cache_saved_usd REAL',
  'cache_saved_tokens REAL',
  'cache_saved_ms REAL',
  'cache_right INTEGER',
  'cache_probability REAL',
].map((column) => `ALTER TABLE outcomes ADD COLUMN ${column}`);

/** In order; the one at index n takes a file from version n to n + 1. Never edit one that was released: add one. */
export const migrations: readonly (readonly string[])[] = [
  initial,
  endings,
  feedback,
  budgetsAndDeployment,
  text,
  cache,
];

/** What a file must be to be a ledger. */
export const ledgerSchema: DatabaseSchema = { noun: 'ledger', applicationId: APPLICATION_ID, migrations };
