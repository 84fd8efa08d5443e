import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { ArtifactMissingError, InvalidDataError } from '@terrace/core';
import type { JsonSchema, TextQuestion } from '@terrace/core/text';
import { z } from 'zod/mini';
import { readLines } from './read-lines.js';

const MAX_QUESTIONS = 100_000;
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
  const rows: TextQuestion[] = [];
  const hash = createHash('sha256');
  let index = 0;
  try {
    for await (const line of readLines(createReadStream(file))) {
      if ('tooLong' in line) throw wrong(file, line.number, 'is too long');
      const question = questionOf(file, line);
      if (index++ % every !== 0) continue;
      if (rows.push(question) > MAX_QUESTIONS)
        throw wrong(file, line.number, `is more than ${MAX_QUESTIONS} questions`);
      hash.update(`${JSON.stringify(question)}\n`);
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    const message = `There is no file ${file}.`;
    throw new ArtifactMissingError({ message, hint: HINT, facts: { file }, cause });
  }
  if (rows.length === 0) throw new InvalidDataError({ message: `${file} holds no questions.`, hint: HINT });
  return { rows, fingerprint: hash.digest('hex') };
}

function questionOf(file: string, { number, text: line }: { number: number; text: string }): TextQuestion {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw wrong(file, number, 'is no JSON');
  }
  const { data, error } = rowSchema.safeParse(json);
  if (!data) {
    const [issue] = error.issues;
    throw wrong(file, number, `is wrong at ${issue?.path.join('.') || 'the top level'}`);
  }
  const { prompt, messages = [{ role: 'user', content: prompt! }], answer, answers = [answer!], schema } = data;
  const format =
    schema === undefined ? ({ kind: 'text' } as const) : { kind: 'schema' as const, schema: schema as JsonSchema };
  return { messages, answers, format };
}

const wrong = (file: string, line: number, why: string): InvalidDataError =>
  new InvalidDataError({ message: `Line ${line} of ${file} ${why}.`, hint: HINT, facts: { file, line } });
