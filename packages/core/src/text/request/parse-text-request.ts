import { inEnglish } from '../../errors/in-english.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { checkSchema } from '../../tasks/text-generation/check-schema.js';
import { DEFAULT_GENERATION, type Generation, type OutputFormat } from '../../tasks/text-generation/generation.js';
import { MAX_CHAT_BYTES, textRequestSchema, type TextRequest } from './text-request-schema.js';

/** Longest that the place of a fault is told: keys come from the caller as well. */
const MAX_PLACE = 128;
/** Most that a tool may say of its parameters, in characters of JSON. */
const MAX_PARAMETERS = 65_536;

/**
 * Parses an untrusted text request once. Everything behind it may trust its types and bounds.
 * @throws InvalidRequestError, which says where and never a word of a text
 */
export function parseTextRequest(input: unknown): TextRequest {
  const { data, error } = textRequestSchema.safeParse(input, { error: inEnglish, jitless: true });
  if (!data) {
    const { path, message } = error.issues[0]!;
    throw malformed(path.map(String).join('.').slice(0, MAX_PLACE) || 'request', message.slice(0, 2 * MAX_PLACE));
  }
  const { text, messages: given, generation: asked, ...rest } = data;
  const generation: Generation = { ...DEFAULT_GENERATION, ...asked };
  if (text !== undefined && given !== undefined) {
    throw refuse('The request has both a text and messages.', 'Send one of them: a text is a chat of one message.');
  }
  const messages = given ?? (text === undefined ? [] : [{ role: 'user' as const, content: text }]);
  checkTurns(messages);
  const tools = readTools(rest.tools);
  const format = readFormat(generation.format);
  const parsed = { ...rest, tools, generation: { ...generation, format }, messages };
  const texts = textsOf(parsed);
  for (const [where, each] of texts) checkText(where, each);
  return { ...parsed, textBytes: countBytes(texts) };
}

type Messages = TextRequest['messages'];

function checkTurns(messages: Messages): void {
  const last = messages.at(-1);
  if (!last) throw refuse('There is nothing to answer.', 'Send a `text`, or `messages` of a chat.');
  if (last.role !== 'user' && last.role !== 'tool') {
    throw refuse(
      `The last message is of the ${last.role}.`,
      'End the chat with a message of the user, or with the answer of a tool.',
    );
  }
  if (last.role === 'user' && last.content.trim() === '') {
    throw refuse('The text is empty.', 'Send at least one character that is not white space.');
  }
  for (const [i, { role, toolCalls, toolCallId }] of messages.entries()) {
    if (toolCallId !== undefined && role !== 'tool') {
      throw malformed(`messages.${i}.toolCallId`, 'only the answer of a tool has one');
    }
    if (toolCalls !== undefined && role !== 'assistant') {
      throw malformed(`messages.${i}.toolCalls`, 'only the assistant calls tools');
    }
  }
}

function readTools(tools: TextRequest['tools']): TextRequest['tools'] {
  const twice = firstTwice(tools.map(({ name }) => name));
  if (twice !== undefined) throw malformed(`tools.${twice}.name`, 'two tools have the same name');
  return tools.map((tool, i) => {
    // A model is only told of them: whatever JSON says is told.
    const json = toJson(tool.parameters);
    if (json !== undefined && json.length <= MAX_PARAMETERS) return { ...tool, parameters: JSON.parse(json) };
    throw malformed(`tools.${i}.parameters`, `it is no JSON of at most ${MAX_PARAMETERS} characters`);
  });
}

/** What is no JSON in it is left out: it could not even cross to a worker. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function readFormat(format: OutputFormat): OutputFormat {
  if (format.kind === 'schema') {
    const where = 'generation.format.schema';
    const fault = checkSchema(format.schema);
    if (fault !== undefined) throw malformed(where, fault.replace(/\.$/, '').slice(0, 4 * MAX_PLACE));
    const json = toJson(format.schema);
    if (json === undefined) throw malformed(where, 'it is no JSON');
    return { kind: 'schema', schema: JSON.parse(json) };
  }
  if (format.kind !== 'enum') return format;
  const twice = firstTwice(format.values);
  if (twice !== undefined) throw malformed(`generation.format.values.${twice}`, 'it is there twice');
  return format;
}

/** Index of the first that was there before. */
function firstTwice(values: readonly string[]): number | undefined {
  const seen = new Set<string>();
  for (const [i, value] of values.entries()) {
    if (seen.has(value)) return i;
    seen.add(value);
  }
  return undefined;
}

type Placed = readonly [where: string, text: string];

/** Everything that a model reads or writes word for word. */
function textsOf({
  messages,
  tools,
  generation: { stop, format },
}: Pick<TextRequest, 'messages' | 'tools' | 'generation'>): Placed[] {
  return [
    ...messages.flatMap(({ content, toolCalls = [], toolCallId = '' }, i): Placed[] => [
      [`messages.${i}.content`, content],
      [`messages.${i}.toolCallId`, toolCallId],
      ...toolCalls.map((call, j): Placed => [`messages.${i}.toolCalls.${j}`, call.id + call.name + call.arguments]),
    ]),
    ...tools.map(({ description = '' }, i): Placed => [`tools.${i}.description`, description]),
    ...stop.map((each, i): Placed => [`generation.stop.${i}`, each]),
    ...(format.kind === 'enum' ? format.values : []).map((each, i): Placed => [`generation.format.values.${i}`, each]),
  ];
}

function checkText(where: string, text: string): void {
  if (text.includes('\0')) {
    throw refuse(`There is a NUL character in "${where}".`, 'Remove it: it is binary data or a cut-off string.');
  }
  // A lone surrogate is the one thing a JavaScript string can hold and UTF-8 cannot.
  if (/\p{Surrogate}/u.test(text)) {
    throw refuse(`There is half of a surrogate pair in "${where}".`, 'Decode it as UTF-8 or UTF-16 before sending it.');
  }
}

function countBytes(texts: readonly Placed[]): number {
  const characters = texts.reduce((sum, [, text]) => sum + text.length, 0);
  if (characters > MAX_CHAT_BYTES) throw tooLong(characters);
  const encoder = new TextEncoder();
  const bytes = texts.reduce((sum, [, text]) => sum + encoder.encode(text).length, 0);
  if (bytes > MAX_CHAT_BYTES) throw tooLong(bytes);
  return bytes;
}

const tooLong = (bytes: number): InvalidRequestError =>
  refuse(
    `The texts of the chat are ${bytes} bytes or more; the limit is ${MAX_CHAT_BYTES}.`,
    'Send the turns that matter: models read at most some thousands of words.',
  );

const malformed = (where: string, fault: string): InvalidRequestError =>
  refuse(`The request is wrong at "${where}": ${fault}.`, `Correct "${where}".`);

const refuse = (message: string, hint: string): InvalidRequestError => new InvalidRequestError({ message, hint });
