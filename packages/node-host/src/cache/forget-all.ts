import { setImmediate } from 'node:timers/promises';
import type { Transaction } from '@libsql/client/sqlite3';

/** Changes that are noted at once: the event loop gets a turn between two. */
const PAGE = 2_000;

/**
 * Removes every answer, as row by row 100,000 take most of a minute. What they held is left in free pages: the file has to
 * be written anew without them.
 * @returns how many went
 */
export async function forgetAll(transaction: Transaction): Promise<number> {
  await noteAllGone(transaction);
  const { rows } = await transaction.execute(
    "SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = 'answers_gone'",
  );
  const trigger = String(rows[0]?.['sql']);
  // A table that has a trigger for it is emptied row by row.
  await transaction.execute('DROP TRIGGER answers_gone');
  await transaction.execute('PRAGMA secure_delete = OFF');
  const { rowsAffected } = await transaction.execute('DELETE FROM answers');
  await transaction.execute('DELETE FROM tags');
  await transaction.execute('UPDATE totals SET entries = 0, bytes = 0');
  await transaction.execute(trigger);
  return rowsAffected;
}

/** As the trigger does it. */
async function noteAllGone(transaction: Transaction): Promise<void> {
  for (let after = ''; ;) {
    const next = `SELECT key FROM answers WHERE key > ? ORDER BY key LIMIT 1 OFFSET ${PAGE - 1}`;
    const [last] = (await transaction.execute({ sql: next, args: [after] })).rows;
    await transaction.execute({
      sql: `INSERT OR REPLACE INTO changes (key, asked, gone) SELECT
          a.key, a.question IS NOT NULL OR coalesce((SELECT asked FROM changes c WHERE c.key = a.key), 0), 1
        FROM answers a WHERE a.key > ?1 AND (?2 IS NULL OR a.key <= ?2) ORDER BY a.key`,
      args: [after, last ? String(last['key']) : null],
    });
    if (!last) return;
    after = String(last['key']);
    await setImmediate();
  }
}
