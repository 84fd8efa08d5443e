import { ContextExceededError } from '../../errors/context-exceeded-error.js';
import type { ChatMessage } from '../../tasks/text-generation/messages.js';

/** Text has about four bytes a token. What has more than these of each is not even encoded: that alone takes seconds. */
const MOST_BYTES_PER_TOKEN = 16;

export interface FittedChat<T> {
  readonly encoded: T;
  readonly trimmedMessages: number;
}

/**
 * A chat that leaves the model's context enough room. `trim` leaves whole turns out, the oldest first: a user's message
 * with all that follows it up to the next, so that no tool's answer stays without its call. The system's messages in
 * front and the last turn stay.
 * @throws ContextExceededError when it is too long and may not, or cannot, be trimmed
 */
export function fitContext<T extends { readonly length: number }>({
  messages,
  besideBytes,
  roomTokens,
  policy,
  modelId,
  encode,
}: {
  readonly messages: readonly ChatMessage[];
  /** Of tools and of what the assistant has said already. */
  readonly besideBytes: number;
  readonly roomTokens: number;
  readonly policy: 'refuse' | 'trim';
  readonly modelId: string;
  readonly encode: (messages: readonly ChatMessage[]) => T;
}): FittedChat<T> {
  const { system, turns } = partsOf(messages);
  const without = (dropped: number): ChatMessage[] => [...system, ...turns.slice(dropped).flat()];
  const most = policy === 'trim' ? Math.max(0, turns.length - 1) : 0;
  const exceeded = (tokens: number, atLeast: string): ContextExceededError =>
    new ContextExceededError({
      message: `The chat takes ${atLeast}${tokens} tokens, and there is room for ${Math.max(0, roomTokens)}.`,
      hint:
        policy === 'refuse'
          ? 'Shorten the chat, ask for fewer tokens, or let the oldest turns be left out (context: "trim").'
          : 'Shorten the last message, or ask for fewer tokens.',
      facts: { model: modelId, tokens, contextTokens: Math.max(0, roomTokens) },
    });

  const turnBytes = turns.map(bytesOf);
  let bytes = besideBytes + bytesOf(system) + turnBytes.reduce((sum, each) => sum + each, 0);
  let fewest = 0;
  while (bytes > roomTokens * MOST_BYTES_PER_TOKEN && fewest < most) bytes -= turnBytes[fewest++]!;
  if (roomTokens < 1 || bytes > roomTokens * MOST_BYTES_PER_TOKEN)
    throw exceeded(Math.ceil(bytes / MOST_BYTES_PER_TOKEN), 'about as much as ');

  const trimmed = (dropped: number, encoded: T): FittedChat<T> => ({
    encoded,
    trimmedMessages: messages.length - without(dropped).length,
  });
  const first = encode(without(fewest));
  if (first.length <= roomTokens) return trimmed(fewest, first);
  if (fewest === most) throw exceeded(first.length, '');
  let [dropped, encoded] = [most, encode(without(most))];
  if (encoded.length > roomTokens) throw exceeded(encoded.length, '');
  let tooFew = fewest;
  while (dropped - tooFew > 1) {
    const middle = Math.floor((dropped + tooFew) / 2);
    const tried = encode(without(middle));
    if (tried.length > roomTokens) tooFew = middle;
    else [dropped, encoded] = [middle, tried];
  }
  return trimmed(dropped, encoded);
}

function partsOf(messages: readonly ChatMessage[]): {
  readonly system: readonly ChatMessage[];
  readonly turns: readonly ChatMessage[][];
} {
  const firstOther = messages.findIndex(({ role }) => role !== 'system');
  const end = firstOther === -1 ? messages.length : firstOther;
  const turns: ChatMessage[][] = [];
  for (const message of messages.slice(end)) {
    if (message.role === 'user' || turns.length === 0) turns.push([]);
    turns.at(-1)!.push(message);
  }
  return { system: messages.slice(0, end), turns };
}

function bytesOf(messages: readonly ChatMessage[]): number {
  let bytes = 0;
  for (const { content, toolCalls = [] } of messages) {
    bytes += utf8Bytes(content);
    for (const { name, arguments: text } of toolCalls) bytes += utf8Bytes(name) + utf8Bytes(text);
  }
  return bytes;
}

const UTF8 = new TextEncoder();

export function utf8Bytes(text: string): number {
  return UTF8.encode(text).length;
}
