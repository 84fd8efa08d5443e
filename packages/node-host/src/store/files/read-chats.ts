import { InvalidRequestError } from '@terrace/core';
import { parseTextRequest, type TextRequest } from '@terrace/core/text';
import { z } from 'zod/mini';
import { readRows, type WrongLine } from './read-rows.js';

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
export const readChats = (file: string, every = 1): Promise<readonly KnownChat[]> =>
  readRows({ file, noun: 'chats', hint: HINT, every, rowOf: chatOf });

function chatOf(json: unknown, wrong: WrongLine): KnownChat {
  const { data, error } = rowSchema.safeParse(json);
  if (!data) throw wrong(`is wrong at ${error.issues[0]?.path.join('.') || 'the top level'}`);
  const { answers, ...chat } = data;
  try {
    const { messages, tools } = parseTextRequest({ task: 'text-generation', ...chat });
    return { messages, tools, answers };
  } catch (error_) {
    if (!InvalidRequestError.isInstance(error_)) throw error_;
    throw wrong(`is no chat: ${error_.message.replace(/\.$/, '')}`);
  }
}
