import type { DatabaseSchema } from '../sqlite/migrate.js';

/** Marks a file as a Terrace cache ("TERC"). */
const APPLICATION_ID = 0x54455243;

/*
 * `used` is the order in which answers were last kept or given, as wall clocks jump. `bytes` is about what an answer
 * takes; the sums are kept, as counting 100,000 rows at every answer would cost more than the answer. What is long comes
 * last: columns behind it are slow to read.
 *
 * `changes` has the last change of a key: a new one gets a new number, and `asked` stays once a question was kept under
 * it, so that whoever has read of it reads that it is gone. A key without any change has a plain answer or none.
 */
const initial = [
  `PRAGMA application_id = ${APPLICATION_ID}`,
  `CREATE TABLE answers (
    key TEXT PRIMARY KEY,
    used INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    scope TEXT NOT NULL,
    tenant TEXT NOT NULL,
    stored_at_wall_ms REAL NOT NULL,
    expires_at_wall_ms REAL NOT NULL,
    tags TEXT NOT NULL CHECK (json_valid(tags)),
    question TEXT,
    vector BLOB,
    body TEXT NOT NULL,
    CHECK ((question IS NULL) = (vector IS NULL))
  ) STRICT`,
  'CREATE INDEX answers_by_use ON answers (used)',
  'CREATE INDEX answers_by_end ON answers (expires_at_wall_ms)',
  'CREATE INDEX answers_by_age ON answers (stored_at_wall_ms)',
  'CREATE INDEX answers_by_tenant ON answers (tenant)',
  `CREATE TABLE tags (
    tag TEXT NOT NULL,
    key TEXT NOT NULL,
    PRIMARY KEY (tag, key)
  ) STRICT, WITHOUT ROWID`,
  `CREATE TABLE changes (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    asked INTEGER NOT NULL CHECK (asked IN (0, 1)),
    gone INTEGER NOT NULL CHECK (gone IN (0, 1))
  ) STRICT`,
  // A file that was made anew must not say numbers that the old one has said, and none changes a thousand in a
  // millisecond: readers go on from where they were.
  `INSERT INTO sqlite_sequence (name, seq) VALUES ('changes', CAST(unixepoch('subsec') * 1000 AS INTEGER) * 1000)`,
  'CREATE INDEX changes_gone ON changes (seq) WHERE gone = 1',
  'CREATE TABLE totals (one INTEGER PRIMARY KEY CHECK (one = 1), entries INTEGER NOT NULL, bytes INTEGER NOT NULL) STRICT',
  'INSERT INTO totals VALUES (1, 0, 0)',
  `CREATE TRIGGER answers_kept AFTER INSERT ON answers BEGIN
    UPDATE totals SET entries = entries + 1, bytes = bytes + NEW.bytes;
    INSERT INTO tags SELECT DISTINCT value, NEW.key FROM json_each(NEW.tags);
    INSERT OR REPLACE INTO changes (key, asked, gone) SELECT NEW.key, 1, 0 WHERE NEW.question IS NOT NULL;
  END`,
  `CREATE TRIGGER answers_gone AFTER DELETE ON answers BEGIN
    UPDATE totals SET entries = entries - 1, bytes = bytes - OLD.bytes;
    DELETE FROM tags WHERE key = OLD.key AND tag IN (SELECT value FROM json_each(OLD.tags));
    INSERT OR REPLACE INTO changes (key, asked, gone) SELECT
      OLD.key, OLD.question IS NOT NULL OR coalesce((SELECT asked FROM changes WHERE key = OLD.key), 0), 1;
  END`,
  `CREATE TABLE compared (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    in_group TEXT NOT NULL,
    score REAL NOT NULL,
    "right" INTEGER NOT NULL CHECK ("right" IN (0, 1)),
    probability REAL NOT NULL,
    kind TEXT NOT NULL,
    at_wall_ms REAL NOT NULL
  ) STRICT`,
  'CREATE INDEX compared_by_group ON compared (in_group, seq)',
  'CREATE TABLE notes (name TEXT PRIMARY KEY, json TEXT NOT NULL) STRICT, WITHOUT ROWID',
  'CREATE TABLE secret (one INTEGER PRIMARY KEY CHECK (one = 1), value BLOB NOT NULL) STRICT',
];

/** Answers that may be given again, with what they say: rows are removed, and what they held is overwritten. */
export const cacheSchema: DatabaseSchema = { noun: 'cache', applicationId: APPLICATION_ID, migrations: [initial] };
