import { createHash } from 'node:crypto';
import type { JsonSchema, TextQuestion } from '@terrace/core/text';
import { z } from 'zod/mini';
import { readRows, type WrongLine } from './read-rows.js';

const HINT =
  'Write one {"prompt": "...", "answer": "..."} a line; "messages" in place of the prompt, "answers" for several, and "schema" for JSON.';

const text = z.string().check(z.minLength(1));
const rowSchema = z
  .strictObject({
    prompt: z.optional(text),
    messages: z.optional(
      z.array(z.strictObject({ role: z.enum(['system', 'user', 'assistant']), content: text })).check(z.minLength(1)),
    ),
    answer: z.optional(text),
    answers: z.optional(z.array(text).check(z.minLength(1))),
    schema: z.optional(z.union([z.record(z.string(), z.unknown()), z.boolean()])),
  })
  .check(
    z.refine(({ prompt, messages }) => (prompt === undefined) !== (messages === undefined), 'a prompt or messages'),
    z.refine(({ answer, answers }) => (answer === undefined) !== (answers === undefined), 'an answer or answers'),
  );

export interface Questions {
  readonly rows: readonly TextQuestion[];
  /** sha256 over questions and answers in order. */
  readonly fingerprint: string;
}

/** @throws ArtifactMissingError; InvalidDataError naming the line at fault, and nothing of it */
export async function readQuestions(file: string, every = 1): Promise<Questions> {
  const rows = await readRows({ file, noun: 'questions', hint: HINT, every, rowOf: questionOf });
  const hash = createHash('sha256');
  for (const question of rows) hash.update(`${JSON.stringify(question)}\n`);
  return { rows, fingerprint: hash.digest('hex') };
}

function questionOf(json: unknown, wrong: WrongLine): TextQuestion {
  const { data, error } = rowSchema.safeParse(json);
  if (!data) throw wrong(`is wrong at ${error.issues[0]?.path.join('.') || 'the top level'}`);
  const { prompt, messages = [{ role: 'user', content: prompt! }], answer, answers = [answer!], schema } = data;
  const format =
    schema === undefined ? ({ kind: 'text' } as const) : { kind: 'schema' as const, schema: schema as JsonSchema };
  return { messages, answers, format };
}
