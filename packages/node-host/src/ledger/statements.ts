import type { InStatement, InValue } from '@libsql/client/sqlite3';
import type { LedgerEntry } from '@terrace/core';
import { columnOf, FEEDBACK_PREFIX, tables, toColumns } from './rows.js';

/** Three times faster than a statement a row; larger gains nothing. At most 50 * 37 values, SQLite takes 32,766. */
const ROWS_PER_INSERT = 50;

const LATEST_RUNS = 200;
const LATEST_LOADS = 5;

/** Every kind of entry, in the order their tables are written in. */
export const KINDS = Object.keys(tables) as readonly LedgerEntry['kind'][];

const quoted = (field: string): string => `"${columnOf(field)}"`;

/** The statements that add `entries`, each table in the order of the entries. */
export function insertEntries(entries: readonly LedgerEntry[]): InStatement[] {
  return KINDS.flatMap((kind) => {
    const { name, fields } = tables[kind];
    const rows = entries.filter((entry) => entry.kind === kind).map(toColumns);
    const values = `(${fields.map(() => '?').join(', ')})`;
    return Array.from({ length: Math.ceil(rows.length / ROWS_PER_INSERT) }, (_, index) => {
      const chunk = rows.slice(index * ROWS_PER_INSERT, (index + 1) * ROWS_PER_INSERT);
      return {
        sql: `INSERT INTO ${name} (${fields.map(quoted).join(', ')}) VALUES ${chunk.map(() => values).join(', ')}`,
        args: chunk.flat(),
      };
    });
  });
}

/** Adds one entry at a place of its own, for rows that are taken over. */
export function insertWithSeq(entry: LedgerEntry, seq: number): InStatement {
  const { name, fields } = tables[entry.kind];
  return {
    sql: `INSERT INTO ${name} (seq, ${fields.map(quoted).join(', ')}) VALUES (?${', ?'.repeat(fields.length)})`,
    args: [seq, ...toColumns(entry)],
  };
}

/** Which outcomes are wanted, whatever page of them. */
export interface OutcomeFilter {
  readonly domain?: string | undefined;
  readonly sinceWallMs?: number | undefined;
}

/**
 * Up to `limit` outcomes older than the one at `beforeSeq`, newest first.
 * @param fromSeq before which there is none to be found: otherwise the last page reads all that is older
 */
export function selectOutcomes({
  domain,
  sinceWallMs,
  fromSeq,
  beforeSeq,
  limit,
}: OutcomeFilter & { fromSeq?: number | undefined; beforeSeq: number; limit: number }): InStatement {
  const { where, args } = outcomesBetween({ domain, sinceWallMs, fromSeq, beforeSeq });
  const columns = columnsAs(tables.outcome.fields, 'o', '');
  return {
    sql: `SELECT o.seq, ${columns} FROM outcomes o ${where} ORDER BY o.seq DESC LIMIT ?`,
    args: [...args, limit],
  };
}

/** The same with the last word on each. */
export function selectReviewed({
  limit,
  ...rest
}: OutcomeFilter & { fromSeq?: number | undefined; beforeSeq: number; limit: number }): InStatement {
  const { where, args } = outcomesBetween(rest);
  const outcomes = columnsAs(tables.outcome.fields, 'o', '');
  const feedback = columnsAs(tables.feedback.fields, 'f', FEEDBACK_PREFIX);
  return {
    sql: `SELECT o.seq, ${outcomes}, ${feedback} FROM outcomes o LEFT JOIN feedback f
       ON f.seq = (SELECT max(seq) FROM feedback WHERE request_id = o.request_id)
       ${where} ORDER BY o.seq DESC LIMIT ?`,
    args: [...args, limit],
  };
}

function outcomesBetween({
  domain,
  sinceWallMs,
  fromSeq,
  beforeSeq,
}: OutcomeFilter & { fromSeq?: number | undefined; beforeSeq: number }): { where: string; args: InValue[] } {
  const conditions: [sql: string, value: InValue | undefined][] = [
    ['o.domain = ?', domain],
    ['o.seq < ?', beforeSeq],
    ['o.seq >= ?', fromSeq],
    // The plus keeps the order of seq: an index on time would have to be sorted.
    ['+o.at_wall_ms >= ?', sinceWallMs],
  ];
  const given = conditions.filter((each): each is [string, InValue] => each[1] !== undefined);
  return { where: `WHERE ${given.map(([sql]) => sql).join(' AND ')}`, args: given.map(([, value]) => value) };
}

const columnsAs = (fields: readonly string[], table: string, prefix: string): string =>
  fields.map((field) => `${table}.${quoted(field)} AS "${prefix}${field}"`).join(', ');

/** The first outcome of a time or later, as `seq`; null when there is none. The plus has it found in the index on time. */
export const selectFirstSince = (sinceWallMs: number): InStatement => ({
  sql: 'SELECT min(+seq) AS seq FROM outcomes WHERE at_wall_ms >= ?',
  args: [sinceWallMs],
});

/** The newest outcome of a request. */
export const selectOutcome = (requestId: string): InStatement => ({
  sql: `SELECT ${columnsAs(tables.outcome.fields, 'o', '')} FROM outcomes o
    WHERE o.request_id = ? ORDER BY o.seq DESC LIMIT 1`,
  args: [requestId],
});

/** Up to `limit` words older than the one at `beforeSeq`, newest first. */
export const selectFeedback = ({
  sinceWallMs,
  beforeSeq,
  limit,
}: {
  sinceWallMs: number | undefined;
  beforeSeq: number;
  limit: number;
}): InStatement => ({
  sql: `SELECT f.seq, ${columnsAs(tables.feedback.fields, 'f', '')} FROM feedback f
    WHERE f.seq < ? AND f.at_wall_ms >= ? ORDER BY f.seq DESC LIMIT ?`,
  args: [beforeSeq, sinceWallMs ?? -Number.MAX_VALUE, limit],
});

const nearestRank = (percent: number): string =>
  `(SELECT latency_ms FROM (
     SELECT latency_ms, row_number() OVER (ORDER BY latency_ms) AS rank FROM (
       SELECT latency_ms FROM runs WHERE variant_id = counted.id ORDER BY seq DESC LIMIT ${LATEST_RUNS}
     )
   ) WHERE rank = (counted.runs * ${percent} + 99) / 100)`;

/**
 * One row a variant that was loaded or run. Nothing here grows with the number of rows: variants are found by
 * skipping through the index, and each reads at most 200 runs and 5 loads of a covering index.
 */
export const selectStatistics = `
  WITH RECURSIVE
  ran (id) AS (
    SELECT min(variant_id) FROM runs
    UNION ALL
    SELECT (SELECT min(variant_id) FROM runs WHERE variant_id > id) FROM ran WHERE id IS NOT NULL
  ),
  loaded (id) AS (
    SELECT min(variant_id) FROM loads
    UNION ALL
    SELECT (SELECT min(variant_id) FROM loads WHERE variant_id > id) FROM loaded WHERE id IS NOT NULL
  ),
  variants (id) AS (SELECT id FROM ran UNION SELECT id FROM loaded),
  counted (id, runs) AS MATERIALIZED (
    SELECT id, (SELECT count(*) FROM (SELECT 1 FROM runs WHERE variant_id = id LIMIT ${LATEST_RUNS}))
    FROM variants WHERE id IS NOT NULL
  )
  SELECT id AS "variantId", runs, ${nearestRank(50)} AS "p50Ms", ${nearestRank(95)} AS "p95Ms",
    (SELECT peak_memory_bytes FROM (
       SELECT peak_memory_bytes, row_number() OVER (ORDER BY peak_memory_bytes) AS rank, count(*) OVER () AS latest FROM (
         SELECT peak_memory_bytes FROM loads WHERE variant_id = counted.id ORDER BY seq DESC LIMIT ${LATEST_LOADS}
       )
     ) WHERE rank = latest / 2 + 1) AS "peakMemoryBytes",
    (SELECT load_ms FROM loads WHERE variant_id = counted.id ORDER BY seq DESC LIMIT 1) AS "loadMs"
  FROM counted ORDER BY id`;
