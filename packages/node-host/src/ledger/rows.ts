import type { LedgerEntry, LoadRecord, OutcomeRecord, RunRecord, VariantStatistics } from '@terrace/core';
import { z } from 'zod';

// SQLite ends a text at NUL and UTF-8 has no lone surrogates: both would read back changed.
const text = z
  .string()
  .refine((value) => !value.includes('\0') && !/\p{Surrogate}/u.test(value), 'a text without NUL and lone surrogates');
const number = z.number();
const maybe = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

const decisionSchema = z.object({
  stage: z.enum(['start', 'continue']),
  path: text,
  chosen: text,
  alternatives: z.record(text, number),
  confidence: maybe(number),
});

const outcomeSchema = z.object({
  requestId: text,
  atWallMs: number,
  task: text,
  domain: maybe(text),
  subDomain: maybe(text),
  catalogRevision: text,
  ladderRevision: maybe(text),
  tier: text,
  placement: z.enum(['device', 'site', 'cloud']),
  path: text,
  verdict: z.enum(['accept', 'abstain', 'failed', 'aborted']),
  reason: maybe(text),
  error: maybe(text),
  degraded: z.boolean(),
  confidence: maybe(number),
  textBytes: number,
  tokens: number,
  totalMs: number,
  costUsd: number,
  decisions: z.array(decisionSchema),
  audit: z.boolean(),
  auditProbability: number,
});

const runSchema = z.object({
  requestId: text,
  atWallMs: number,
  variantId: text,
  tier: text,
  tokens: number,
  latencyMs: number,
});

const loadSchema = z.object({
  atWallMs: number,
  variantId: text,
  tier: text,
  replaces: maybe(text),
  loadMs: number,
  bytesRead: number,
  peakMemoryBytes: number,
  warmRunMs: number,
});

const statisticsSchema = z.object({
  variantId: text,
  runs: number,
  p50Ms: maybe(number),
  p95Ms: maybe(number),
  peakMemoryBytes: maybe(number),
  loadMs: maybe(number),
});

const entriesSchema = z.array(
  z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('outcome'), record: outcomeSchema }),
    z.object({ kind: z.literal('run'), record: runSchema }),
    z.object({ kind: z.literal('load'), record: loadSchema }),
  ]),
);

type Column = string | number | null;
type Row = Readonly<Record<string, unknown>>;

/** Table and fields of each kind of entry, in the order of its values. */
export const tables = {
  outcome: { name: 'outcomes', fields: Object.keys(outcomeSchema.shape) },
  run: { name: 'runs', fields: Object.keys(runSchema.shape) },
  load: { name: 'loads', fields: Object.keys(loadSchema.shape) },
} as const;

/** `atWallMs` is the column `at_wall_ms`. */
export function columnOf(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/**
 * A checked copy, so that a caller may reuse what it passed.
 * @throws ZodError when a number is not finite, a text could not be kept as it is, or a field is missing
 */
export function parseEntries(entries: readonly LedgerEntry[]): LedgerEntry[] {
  return entriesSchema.parse(entries);
}

/** The values of a record in the order of its table's fields. */
export function toColumns({ kind, record }: LedgerEntry): Column[] {
  const row: OutcomeRecord | RunRecord | LoadRecord = record;
  return tables[kind].fields.map((field) => toColumn(row[field as keyof typeof row]));
}

function toColumn(value: unknown): Column {
  if (typeof value === 'string' || typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === undefined) return null;
  // As null, so that a key without a value is still there when it is read back.
  return JSON.stringify(value, (_, inner: unknown) => (inner === undefined ? null : inner));
}

/** @throws ZodError or SyntaxError when the row is damaged */
export function toOutcome(row: Row): OutcomeRecord {
  return outcomeSchema.parse({
    ...row,
    degraded: row['degraded'] === 1,
    audit: row['audit'] === 1,
    decisions: JSON.parse(String(row['decisions'])),
  });
}

/**
 * A row of any table, by its fields.
 * @throws ZodError or SyntaxError when the row is damaged
 */
export function toEntry(kind: LedgerEntry['kind'], row: Row): LedgerEntry {
  if (kind === 'outcome') return { kind, record: toOutcome(row) };
  return kind === 'run' ? { kind, record: runSchema.parse(row) } : { kind, record: loadSchema.parse(row) };
}

/** @throws ZodError when the row is damaged */
export function toStatistics(row: Row): VariantStatistics {
  return statisticsSchema.parse({ ...row });
}
