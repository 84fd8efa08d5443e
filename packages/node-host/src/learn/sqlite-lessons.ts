import type { Transaction } from '@libsql/client/sqlite3';
import type { Clock } from '@terrace/core';
import { LESSONS_A_LABEL, type AskedText, type LabelTally, type Lesson, type LessonStore } from '@terrace/core/deltas';
import { PrivateDatabase } from '../sqlite/private-database.js';
import { toAsked, toCount, toLesson, toTally } from './lesson-rows.js';
import { lessonsSchema } from './lessons-schema.js';

export interface SqliteLessonsOptions {
  readonly file: string;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Answered requests that are remembered. */
  readonly maxAsked?: number;
}

const MAX_ASKED = 20_000;
/** Longest that an answered request is remembered. */
const ASKED_MS = 7 * 24 * 3_600_000;
/** Rows of one transaction: the driver keeps the event loop waiting for as long as it takes. */
const CHUNK = 250;

/**
 * Lessons in a SQLite file of their own, which several processes may share. Only its owner may read it, and what is
 * forgotten is overwritten.
 * @throws StorageError when the file cannot be opened, holds something else, or was written by a newer Terrace
 */
export async function openSqliteLessons({ file, clock, maxAsked = MAX_ASKED }: SqliteLessonsOptions) {
  const database = await PrivateDatabase.open(file, lessonsSchema);
  return new SqliteLessons({ database, clock, maxAsked });
}

interface Opened {
  readonly database: PrivateDatabase;
  readonly clock: Pick<Clock, 'wallMs'>;
  readonly maxAsked: number;
}

class SqliteLessons implements LessonStore {
  readonly #is: Opened;

  constructor(opened: Opened) {
    this.#is = opened;
  }

  async add(lessons: readonly Lesson[]): Promise<void> {
    for (let from = 0; from < lessons.length; from += CHUNK) {
      const chunk = lessons.slice(from, from + CHUNK);
      await this.#is.database.write('add to', async (transaction) => {
        for (const lesson of chunk) await transaction.execute(insertLesson(lesson));
        const taught = chunk.filter(({ source }) => source !== 'data');
        const labels = new Map(taught.map((each) => [JSON.stringify([each.domain, each.label]), each]));
        for (const { domain, label } of labels.values())
          await transaction.execute({ sql: TRIM, args: [domain, label, LESSONS_A_LABEL] });
      });
    }
  }

  async list({ domain, limit = -1 }: { readonly domain: string; readonly limit?: number }): Promise<Lesson[]> {
    const sql = 'SELECT * FROM lessons WHERE domain = ? ORDER BY at_wall_ms DESC, seq DESC LIMIT ?';
    return (await this.#is.database.rows(sql, [domain, limit])).map(toLesson);
  }

  async count({ sinceWallMs = -Number.MAX_VALUE }: { readonly sinceWallMs?: number } = {}) {
    const sql = `SELECT domain, label, source, count(*) AS lessons FROM lessons WHERE at_wall_ms >= ?
                 GROUP BY domain, label, source`;
    return (await this.#is.database.rows(sql, [sinceWallMs])).map(toCount);
  }

  async remember(asked: readonly AskedText[]): Promise<void> {
    const { maxAsked, clock } = this.#is;
    await this.#is.database.write('add to', async (transaction) => {
      for (const { requestId, domain, label, residency, atWallMs, text } of asked)
        await transaction.execute({
          sql: `INSERT OR REPLACE INTO asked (request_id, domain, label, residency, at_wall_ms, text)
                VALUES (?, ?, ?, ?, ?, ?)`,
          args: [requestId, domain, label, residency, atWallMs, text],
        });
      await transaction.execute({
        sql: 'DELETE FROM asked WHERE seq <= (SELECT seq FROM asked ORDER BY seq DESC LIMIT 1 OFFSET ?)',
        args: [maxAsked],
      });
      const beforeWallMs = clock.wallMs() - ASKED_MS;
      // A clock that was set back must not make everything old: only what came before the newest goes by its age.
      const newest = Math.max(...asked.map(({ atWallMs }) => atWallMs));
      if (newest > beforeWallMs)
        await transaction.execute({ sql: 'DELETE FROM asked WHERE at_wall_ms < ?', args: [beforeWallMs] });
    });
  }

  async asked(requestId: string): Promise<AskedText | undefined> {
    const [row] = await this.#is.database.rows('SELECT * FROM asked WHERE request_id = ?', [requestId]);
    return row && toAsked(row);
  }

  async forget(what: Parameters<LessonStore['forget']>[0]): Promise<number> {
    const { domain = null, beforeWallMs = null, requestId = null } = what;
    const condition =
      '(?1 IS NULL OR domain = ?1) AND (?2 IS NULL OR at_wall_ms < ?2) AND (?3 IS NULL OR request_id = ?3)';
    const args = [domain, beforeWallMs, requestId];
    const forgotten = await this.#is.database.write('remove from', async (transaction) => {
      const lessons = await transaction.execute({ sql: `DELETE FROM lessons WHERE ${condition}`, args });
      const asked = await transaction.execute({ sql: `DELETE FROM asked WHERE ${condition}`, args });
      return lessons.rowsAffected + asked.rowsAffected;
    });
    if (forgotten > 0) await this.#is.database.emptyLog();
    return forgotten;
  }

  async tally(counts: readonly LabelTally[]): Promise<void> {
    await this.#is.database.write('write to', async (transaction) => {
      for (const { domain, label, ladderRevision, asked, climbed } of counts)
        await transaction.execute({
          sql: `INSERT INTO tallies VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
                asked = asked + excluded.asked, climbed = climbed + excluded.climbed`,
          args: [domain, label, ladderRevision, asked, climbed],
        });
    });
  }

  async tallies(domain: string): Promise<LabelTally[]> {
    return (await this.#is.database.rows('SELECT * FROM tallies WHERE domain = ?', [domain])).map(toTally);
  }

  async note(name: string): Promise<string | undefined> {
    const [row] = await this.#is.database.rows('SELECT json FROM notes WHERE name = ?', [name]);
    return row && String(row['json']);
  }

  async keepNote(name: string, json: string): Promise<void> {
    const sql = 'INSERT OR REPLACE INTO notes (name, json) VALUES (?, ?)';
    await this.#is.database.write('write to', (transaction) => transaction.execute({ sql, args: [name, json] }));
  }

  close(): Promise<void> {
    return this.#is.database.close();
  }
}

/** The oldest of tiers go, then those of people; rows of files stay. */
const TRIM = `DELETE FROM lessons WHERE seq IN (
  SELECT seq FROM lessons WHERE domain = ? AND label = ? AND source <> 'data'
  ORDER BY source = 'correction' DESC, at_wall_ms DESC, seq DESC LIMIT -1 OFFSET ?)`;

function insertLesson(lesson: Lesson): Parameters<Transaction['execute']>[0] {
  const { domain, text, label, source, teacher = null, requestId = null, weight, residency, atWallMs } = lesson;
  return {
    sql: `INSERT INTO lessons (domain, text, label, source, teacher, request_id, weight, residency, at_wall_ms)
          VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
          ON CONFLICT (domain, text) DO UPDATE SET label = excluded.label, source = excluded.source,
            teacher = excluded.teacher, request_id = excluded.request_id, weight = excluded.weight,
            residency = excluded.residency, at_wall_ms = excluded.at_wall_ms
          WHERE excluded.source = 'correction' OR lessons.source <> 'correction'`,
    args: [domain, text, label, source, teacher, requestId, weight, residency, atWallMs],
  };
}
