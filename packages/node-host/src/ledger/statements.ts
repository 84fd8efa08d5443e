import type { InStatement } from '@libsql/client/sqlite3';
import type { LedgerEntry } from '@terrace/core';
import { columnOf, tables, toColumns } from './rows.js';

/** Three times faster than a statement a row; larger gains nothing. At most 50 * 22 values, SQLite takes 32,766. */
const ROWS_PER_INSERT = 50;

const LATEST_RUNS = 200;
const LATEST_LOADS = 5;

/** The statements that add `entries`, each table in the order of the entries. */
export function insertEntries(entries: readonly LedgerEntry[]): InStatement[] {
  return (['outcome', 'run', 'load'] as const).flatMap((kind) => {
    const { name, fields } = tables[kind];
    const rows = entries.filter((entry) => entry.kind === kind).map(toColumns);
    const values = `(${fields.map(() => '?').join(', ')})`;
    return Array.from({ length: Math.ceil(rows.length / ROWS_PER_INSERT) }, (_, index) => {
      const chunk = rows.slice(index * ROWS_PER_INSERT, (index + 1) * ROWS_PER_INSERT);
      return {
        sql: `INSERT INTO ${name} (${fields.map(columnOf).join(', ')}) VALUES ${chunk.map(() => values).join(', ')}`,
        args: chunk.flat(),
      };
    });
  });
}

/** Adds one entry at a place of its own, for rows that are taken over. */
export function insertWithSeq(entry: LedgerEntry, seq: number): InStatement {
  const { name, fields } = tables[entry.kind];
  return {
    sql: `INSERT INTO ${name} (seq, ${fields.map(columnOf).join(', ')}) VALUES (?${', ?'.repeat(fields.length)})`,
    args: [seq, ...toColumns(entry)],
  };
}

/** Up to `limit` outcomes older than the one at `beforeSeq`, newest first. */
export function selectOutcomes({
  domain,
  beforeSeq,
  limit,
}: {
  domain: string | undefined;
  beforeSeq: number;
  limit: number;
}): InStatement {
  const columns = tables.outcome.fields.map((field) => `${columnOf(field)} AS "${field}"`).join(', ');
  const ofDomain = domain === undefined ? '' : 'domain = ? AND ';
  return {
    sql: `SELECT seq, ${columns} FROM outcomes WHERE ${ofDomain}seq < ? ORDER BY seq DESC LIMIT ?`,
    args: [...(domain === undefined ? [] : [domain]), beforeSeq, limit],
  };
}

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
