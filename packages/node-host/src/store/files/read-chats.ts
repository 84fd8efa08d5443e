import { createReadStream } from 'node:fs';
import { ArtifactMissingError, InvalidDataError, InvalidRequestError } from '@terrace/core';
import { parseTextRequest, type TextRequest } from '@terrace/core/text';
import { z } from 'zod/mini';
import { readLines } from './read-lines.js';

const MAX_CHATS = 100_000;
const HINT =
  'Write one {"messages": [{"role": "user", "content": "..."}]} a line; "tools" where there are some, and "answers" where it is known what is right.';

const rowSchema = z.strictObject({
  messages: z.array(z.unknown()).check(z.minLength(1)),
  tools: z.optional(z.array(z.unknown())),
  answers: z.optional(z.array(z.string().check(z.minLength(1))).check(z.minLength(1))),
});

/** A chat, and what would be right to answer. */
export interface KnownChat extends Pick<TextRequest, 'messages' | 'tools'> {
  readonly answers: readonly string[] | undefined;
}

/** @throws ArtifactMissingError; InvalidDataError naming the line at fault, and nothing of it */
export async function readChats(file: string, every = 1): Promise<readonly KnownChat[]> {
  const rows: KnownChat[] = [];
  let index = 0;
  try {
    for await (const line of readLines(createReadStream(file))) {
      if ('tooLong' in line) throw wrong(file, line.number, 'is too long');
      const chat = chatOf(file, line);
      if (index++ % every !== 0) continue;
      if (rows.push(chat) > MAX_CHATS) throw wrong(file, line.number, `is more than ${MAX_CHATS} chats`);
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    throw new ArtifactMissingError({ message: `There is no file ${file}.`, hint: HINT, facts: { file }, cause });
  }
  if (rows.length === 0) throw new InvalidDataError({ message: `${file} holds no chats.`, hint: HINT });
  return rows;
}

function chatOf(file: string, { number, text: line }: { number: number; text: string }): KnownChat {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw wrong(file, number, 'is no JSON');
  }
  const { data, error } = rowSchema.safeParse(json);
  if (!data) throw wrong(file, number, `is wrong at ${error.issues[0]?.path.join('.') || 'the top level'}`);
  const { answers, ...chat } = data;
  try {
    const { messages, tools } = parseTextRequest({ task: 'text-generation', ...chat });
    return { messages, tools, answers };
  } catch (error_) {
    if (!InvalidRequestError.isInstance(error_)) throw error_;
    throw wrong(file, number, `is no chat: ${error_.message}`);
  }
}

const wrong = (file: string, line: number, why: string): InvalidDataError =>
  new InvalidDataError({
    message: `Line ${line} of ${file} ${why.replace(/\.$/, '')}.`,
    hint: HINT,
    facts: { file, line },
  });
