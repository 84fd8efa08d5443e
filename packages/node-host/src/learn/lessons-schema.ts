import type { DatabaseSchema } from '../sqlite/migrate.js';

/** Marks a file as Terrace lessons ("TERL"). */
const APPLICATION_ID = 0x5445524c;

/*
 * A text of a domain is there once. `asked` holds answered requests for a while, in the order they came, in case
 * somebody says something of them. Tallies and notes hold no text of a request.
 */
const initial = [
  `PRAGMA application_id = ${APPLICATION_ID}`,
  `CREATE TABLE lessons (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    domain TEXT NOT NULL,
    label TEXT NOT NULL,
    source TEXT NOT NULL CHECK (source IN ('correction', 'teacher', 'agreement', 'data')),
    teacher TEXT,
    request_id TEXT,
    weight REAL NOT NULL,
    residency TEXT NOT NULL CHECK (residency IN ('device', 'site', 'cloud')),
    at_wall_ms REAL NOT NULL,
    text TEXT NOT NULL,
    UNIQUE (domain, text)
  ) STRICT`,
  'CREATE INDEX lessons_by_label ON lessons (domain, label, source, at_wall_ms)',
  'CREATE INDEX lessons_by_request ON lessons (request_id) WHERE request_id IS NOT NULL',
  `CREATE TABLE asked (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL UNIQUE,
    domain TEXT NOT NULL,
    label TEXT NOT NULL,
    residency TEXT NOT NULL CHECK (residency IN ('device', 'site', 'cloud')),
    at_wall_ms REAL NOT NULL,
    text TEXT NOT NULL
  ) STRICT`,
  'CREATE INDEX asked_by_time ON asked (at_wall_ms)',
  `CREATE TABLE tallies (
    domain TEXT NOT NULL,
    label TEXT NOT NULL,
    ladder_revision TEXT NOT NULL,
    asked INTEGER NOT NULL,
    climbed INTEGER NOT NULL,
    PRIMARY KEY (domain, label, ladder_revision)
  ) STRICT, WITHOUT ROWID`,
  'CREATE TABLE notes (name TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT',
];

/** What is learnt from, with texts: rows are removed on demand, and what they held is overwritten. */
export const lessonsSchema: DatabaseSchema = {
  noun: 'lesson store',
  applicationId: APPLICATION_ID,
  migrations: [initial],
};
