import { InvalidRequestError } from '@terrace/core';
import type { DocumentsWish } from '@terrace/core/documents';
import type { TextRequestInput, TextResult } from '@terrace/core/text';
import { createNodeRuntime } from '../../create-node-runtime.js';
import { readGivenJson } from '../../store/files/read-given-json.js';
import { EXIT, exitCodeOf, exitCodeOfResult } from '../exit-code.js';
import { describeError, printError, printJson, warn } from '../output.js';
import { readSettings, runtimeOptions, type GlobalFlags } from '../settings.js';
import { createChat, type Chat } from './chat-turns.js';
import { collectionOf, noneIn } from './documents-flags.js';
import { chatOnTerminal } from './chat-terminal.js';
import { publicTextResult } from './run-text.js';
import { readLines } from '../../store/files/read-lines.js';

export interface ChatFlags extends GlobalFlags {
  readonly policy?: string;
  readonly domain?: string;
  readonly system?: string;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
  readonly schema?: string;
  /** The collection that it is answered from. */
  readonly documents?: string;
  /** Of its passages. */
  readonly minScore?: number;
  readonly minConfidence?: number;
  readonly residency?: 'device' | 'site' | 'cloud';
  readonly offline?: boolean;
}

/** `terrace chat`: one question, one a line of standard input, or a chat on a terminal. */
export async function chatCommand(prompt: string | undefined, flags: ChatFlags, signal: AbortSignal): Promise<number> {
  const settings = await readSettings(flags);
  const request = await requestOfChat(flags);
  const documents = documentsOf(flags);
  const runtime = await createNodeRuntime({ ...runtimeOptions(settings), reconcile: false });
  for (const warning of [...settings.warnings, ...runtime.models.warnings]) warn(warning);
  const { system, json = false } = flags;
  const chat = createChat({
    runtime,
    request,
    documents,
    system,
    isQuiet: json,
  });
  try {
    if (documents && (await runtime.documents.list(documents.collection)).length === 0) {
      warn(noneIn(documents.collection));
    }
    if (prompt !== undefined) {
      const result = await chat.ask(prompt, signal);
      if (json) printJson(publicTextResult(result));
      return exitCodeOfResult(result);
    }
    if (process.stdin.isTTY && !json) {
      await chatOnTerminal(chat, signal);
      return EXIT.answered;
    }
    return await chatOnLines(chat, { json, signal });
  } finally {
    await runtime.close();
  }
}

/** @throws InvalidRequestError */
function documentsOf({
  documents,
  minScore,
}: ChatFlags): (DocumentsWish & { readonly collection: string }) | undefined {
  const collection = collectionOf(given({ collection: documents }), undefined);
  if (collection !== undefined) return { collection, ...(minScore !== undefined && { minScore }) };
  if (minScore === undefined) return undefined;
  throw new InvalidRequestError({
    message: 'A score is one of passages, and no documents are asked.',
    hint: 'Write --documents COLLECTION as well.',
  });
}

/** @throws InvalidRequestError or InvalidCatalogError when the schema cannot be read; what is wrong with it is for the request's parser to say */
async function requestOfChat({
  policy,
  domain,
  schema,
  maxTokens,
  temperature,
  seed,
  minConfidence,
  residency,
  offline,
}: ChatFlags): Promise<Omit<TextRequestInput, 'text' | 'messages'>> {
  const format = schema === undefined ? undefined : { kind: 'schema', schema: await readGivenJson(schema) };
  const generation = given({ maxTokens, temperature, seed, format, context: 'trim' });
  const place = offline ? 'device' : residency;
  return {
    task: 'text-generation',
    generation,
    ...given({ policy, domain, minConfidence, residency: place }),
  } as Omit<TextRequestInput, 'text' | 'messages'>;
}

const given = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, each]) => each !== undefined));

/** A question a line; all of them are one chat. */
async function chatOnLines(
  chat: Chat,
  { json, signal }: { readonly json: boolean; readonly signal: AbortSignal },
): Promise<number> {
  // An idle input would keep the program from noticing that it should stop.
  signal.addEventListener('abort', () => process.stdin.destroy(), { once: true });
  const answers: TextResult[] = [];
  const failures: unknown[] = [];
  for await (const line of readLines(process.stdin)) {
    signal.throwIfAborted();
    try {
      if ('tooLong' in line) throw lineTooLong(line.number);
      const told = await chat.take(line.text, signal);
      if (told === 'over') break;
      if (told === undefined) continue;
      answers.push(told);
      if (json) process.stdout.write(`${JSON.stringify(publicTextResult(told))}\n`);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(error);
      if (json) process.stdout.write(`${JSON.stringify({ line: line.number, error: describeError(error) })}\n`);
      else printError(error, false);
    }
  }
  if (answers.length === 0 && failures.length > 0) return exitCodeOf(failures[0]);
  return answers.some(({ verdict }) => verdict.degraded !== undefined) ? EXIT.degraded : EXIT.answered;
}

const lineTooLong = (line: number): InvalidRequestError =>
  new InvalidRequestError({ message: `Line ${line} is too long.`, hint: 'Write a question in less than 512 KiB.' });
