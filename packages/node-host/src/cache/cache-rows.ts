import type { CacheChange, ComparedRow, KeptAnswer } from '@terrace/core/cache';
import { MAX_ENTRY_BYTES } from '@terrace/core/cache';
import { z } from 'zod';

/** What an answer takes beside its texts and its vector. */
const ROW_BYTES = 512;
const MAX_TAGS_BYTES = 16 * 1024;
const MAX_QUESTION_BYTES = 128 * 1024;
const MAX_VECTOR_BYTES = 64 * 1024;

const upTo = (column: string, bytes: number): string =>
  `iif(octet_length(${column}) <= ${bytes}, ${column}, NULL) AS ${column}`;

/** A question, where there is one; SQLite looks at lengths before it reads what would fill the memory. */
export const QUESTION_COLUMNS = [
  'a.key',
  'scope',
  'question IS NOT NULL AS asked',
  upTo('question', MAX_QUESTION_BYTES),
  upTo('vector', MAX_VECTOR_BYTES),
].join(', ');

export const ANSWER_COLUMNS = [
  QUESTION_COLUMNS,
  'tenant, stored_at_wall_ms, expires_at_wall_ms',
  upTo('tags', MAX_TAGS_BYTES),
  upTo('body', MAX_ENTRY_BYTES),
].join(', ');

const askedSchema = z.strictObject({
  task: z.string(),
  domain: z.optional(z.string()),
  encoder: z.string(),
  features: z.array(z.string()),
  answerId: z.string(),
  /** Of the vector, so that one that was cut short is not taken for another. */
  dimensions: z.int().check(z.positive()),
});

const questionRowSchema = z.object({
  key: z.string(),
  scope: z.string(),
  asked: z.literal([0, 1]),
  question: z.string().nullable(),
  vector: z.instanceof(ArrayBuffer).nullable(),
});
type QuestionRow = z.infer<typeof questionRowSchema>;

const answerRowSchema = questionRowSchema.extend({
  tenant: z.string(),
  stored_at_wall_ms: z.number(),
  expires_at_wall_ms: z.number(),
  tags: z.string(),
  body: z.string(),
});

const tagsSchema = z.array(z.string());

export interface WrittenAnswer {
  readonly bytes: number;
  readonly tags: string;
  readonly question: string | null;
  readonly vector: Uint8Array | null;
}

/** @returns undefined where it is too large to be kept */
export function writtenAnswer({ body, tags, question }: KeptAnswer): WrittenAnswer | undefined {
  const bodyBytes = Buffer.byteLength(body);
  const written = {
    tags: JSON.stringify(tags),
    question: question ? questionText(question) : null,
    vector: question ? bytesOf(question.vector) : null,
  };
  const questionBytes = Buffer.byteLength(written.question ?? '');
  const vectorBytes = written.vector?.length ?? 0;
  const isTooLarge =
    bodyBytes > MAX_ENTRY_BYTES ||
    Buffer.byteLength(written.tags) > MAX_TAGS_BYTES ||
    questionBytes > MAX_QUESTION_BYTES ||
    vectorBytes > MAX_VECTOR_BYTES;
  return isTooLarge ? undefined : { ...written, bytes: ROW_BYTES + bodyBytes + questionBytes + vectorBytes };
}

/** @returns undefined when the row is damaged */
export function toAnswer(row: Readonly<Record<string, unknown>>): KeptAnswer | undefined {
  const { success, data } = answerRowSchema.safeParse({ ...row });
  if (!success) return undefined;
  const question = toQuestion(data);
  const tags = parsedAs(tagsSchema, data.tags);
  if (!tags || question === 'damaged') return undefined;
  const { key, scope, tenant, stored_at_wall_ms: storedAtWallMs, expires_at_wall_ms: expiresAtWallMs, body } = data;
  return { key, scope, tenant, tags, storedAtWallMs, expiresAtWallMs, body, question };
}

/** @param row of `changes`, with the columns of a question where one is kept */
export function toChange(row: Readonly<Record<string, unknown>>): CacheChange & { readonly isDamaged: boolean } {
  const seq = Number(row['seq']);
  const key = String(row['changed']);
  if (!row['asked']) return { kind: 'gone', seq, key, isDamaged: false };
  const { success, data } = questionRowSchema.safeParse({ ...row });
  const question = success ? toQuestion(data) : 'damaged';
  if (!success || !question || question === 'damaged') return { kind: 'gone', seq, key, isDamaged: true };
  return { kind: 'kept', seq, key, scope: data.scope, question, isDamaged: false };
}

const comparedSchema = z.object({
  in_group: z.string(),
  score: z.number(),
  right: z.literal([0, 1]),
  probability: z.number(),
  kind: z.enum(['shadow', 'audit', 'pair']),
  at_wall_ms: z.number(),
});

/** @returns nothing when the row is damaged */
export function toCompared(row: Readonly<Record<string, unknown>>): readonly ComparedRow[] {
  const { success, data } = comparedSchema.safeParse({ ...row });
  if (!success) return [];
  const { in_group: group, score, right, probability, kind, at_wall_ms: atWallMs } = data;
  return [{ group, score, right: right === 1, probability, kind, atWallMs }];
}

function toQuestion({ asked, question, vector }: QuestionRow): KeptAnswer['question'] | 'damaged' {
  if (asked === 0) return undefined;
  const parsed = question === null ? undefined : parsedAs(askedSchema, question);
  if (!parsed || vector?.byteLength !== parsed.dimensions * Float32Array.BYTES_PER_ELEMENT) return 'damaged';
  const { task, domain, encoder, features, answerId } = parsed;
  const values = new Float32Array(vector.slice(0));
  if (!values.every(Number.isFinite)) return 'damaged';
  return { task, domain, encoder, vector: values, features, answerId };
}

const questionText = ({ vector, ...question }: NonNullable<KeptAnswer['question']>): string =>
  JSON.stringify({ ...question, dimensions: vector.length });

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function parsedAs<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
