import type {
  CacheRecord,
  FeedbackRecord,
  LedgerEntry,
  OutcomeRecord,
  ReviewedOutcome,
  VariantStatistics,
} from '@terrace/core';
import { z } from 'zod';

// SQLite ends a text at NUL and UTF-8 has no lone surrogates: both would read back changed.
const text = z
  .string()
  .refine((value) => !value.includes('\0') && !/\p{Surrogate}/u.test(value), 'a text without NUL and lone surrogates');
const number = z.number();
const maybe = <T extends z.ZodType>(schema: T) => schema.nullish().transform((value) => value ?? undefined);

const decisionSchema = z.object({
  stage: z.enum(['route', 'start', 'continue']),
  window: maybe(text),
  path: text,
  chosen: text,
  alternatives: z.record(text, number),
  confidence: maybe(number),
});

/** Columns of their own beside the others: null where nothing was generated. */
const textFactsSchema = z.object({
  inputTokens: number,
  outputTokens: number,
  firstTokenMs: maybe(number),
  tokensPerSecond: maybe(number),
});

const cacheSchema = z.object({
  kind: z.enum(['exact', 'semantic', 'audit']),
  savedUsd: number,
  savedTokens: number,
  savedMs: number,
  right: z.optional(z.boolean()),
  probability: z.optional(number),
});

/** What the cache did is in columns of its own as well: those of other names than a request's. */
const CACHE_FIELDS = {
  cacheKind: 'kind',
  cacheSavedUsd: 'savedUsd',
  cacheSavedTokens: 'savedTokens',
  cacheSavedMs: 'savedMs',
  cacheRight: 'right',
  cacheProbability: 'probability',
} as const satisfies Record<string, keyof CacheRecord>;

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
  sentBytes: number,
  energyJoules: number,
  decisions: z.array(decisionSchema),
  audit: z.boolean(),
  auditProbability: number,
  key: maybe(text),
  text: z.optional(textFactsSchema),
  cache: z.optional(cacheSchema),
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

const feedbackSchema = z.object({
  requestId: text,
  atWallMs: number,
  right: z.boolean(),
  correction: maybe(text),
  comment: maybe(text),
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
    z.object({ kind: z.literal('feedback'), record: feedbackSchema }),
  ]),
);

type Column = string | number | null;
export type Row = Readonly<Record<string, unknown>>;

/** Table and fields of each kind of entry, in the order of its values. */
export const tables = {
  outcome: {
    name: 'outcomes',
    fields: [
      ...Object.keys(outcomeSchema.omit({ text: true, cache: true }).shape),
      ...Object.keys(textFactsSchema.shape),
      ...Object.keys(CACHE_FIELDS),
    ],
  },
  run: { name: 'runs', fields: Object.keys(runSchema.shape) },
  load: { name: 'loads', fields: Object.keys(loadSchema.shape) },
  feedback: { name: 'feedback', fields: Object.keys(feedbackSchema.shape) },
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
  const row: Row = kind === 'outcome' ? { ...record, ...record.text, ...cacheColumns(record) } : { ...record };
  return tables[kind].fields.map((field) => toColumn(row[field]));
}

function cacheColumns({ cache }: OutcomeRecord): Row {
  if (!cache) return {};
  return Object.fromEntries(Object.entries(CACHE_FIELDS).map(([column, field]) => [column, cache[field]]));
}

/** A right that is null was not asked for: it is left out, as whoever appended it did. */
function cacheOf(row: Row): Row {
  const fields = Object.entries(CACHE_FIELDS).map(([column, field]) => [field, row[column] ?? undefined] as const);
  const { right, ...cache } = Object.fromEntries(fields.filter(([, value]) => value !== undefined));
  return right === undefined ? cache : { ...cache, right: right === 1 };
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
    // A damaged ledger is read as it is, and one of an older version has no such columns.
    sentBytes: row['sentBytes'] ?? 0,
    energyJoules: row['energyJoules'] ?? 0,
    degraded: row['degraded'] === 1,
    audit: row['audit'] === 1,
    decisions: JSON.parse(String(row['decisions'])),
    ...(typeof row['inputTokens'] === 'number' && { text: row }),
    ...(typeof row['cacheKind'] === 'string' && { cache: cacheOf(row) }),
  });
}

/** @throws ZodError when the row is damaged */
export function toFeedback(row: Row): FeedbackRecord {
  return feedbackSchema.parse({ ...row, right: row['right'] === 1 });
}

/** What the fields of the feedback begin with where a row holds an outcome too. */
export const FEEDBACK_PREFIX = 'feedback.';

/** @throws ZodError or SyntaxError when the row is damaged */
export function toReviewed(row: Row): ReviewedOutcome {
  const outcome = toOutcome(row);
  const about = (field: string): unknown => row[FEEDBACK_PREFIX + field];
  if (about('requestId') === null) return { outcome, feedback: undefined };
  const feedback = Object.fromEntries(tables.feedback.fields.map((field) => [field, about(field)]));
  return { outcome, feedback: toFeedback(feedback) };
}

/**
 * A row of any table, by its fields.
 * @throws ZodError or SyntaxError when the row is damaged
 */
export function toEntry(kind: LedgerEntry['kind'], row: Row): LedgerEntry {
  switch (kind) {
    case 'outcome':
      return { kind, record: toOutcome(row) };
    case 'run':
      return { kind, record: runSchema.parse(row) };
    case 'load':
      return { kind, record: loadSchema.parse(row) };
    case 'feedback':
      return { kind, record: toFeedback(row) };
    default:
      return kind satisfies never;
  }
}

/** @throws ZodError when the row is damaged */
export function toStatistics(row: Row): VariantStatistics {
  return statisticsSchema.parse({ ...row });
}
