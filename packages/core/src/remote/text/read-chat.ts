import type { TextEnd, TextPiece } from '../../tasks/text-generation/text-output.js';
import { wrongAnswer } from '../exchange-failure.js';
import { estimatedTokens } from '../reply-values.js';
import { failedWithin, readChatEvent, type ChatChunk, type ChatEvent } from './chat-chunks.js';
import { ChoiceReader, type ChatAnswer } from './choice-reader.js';
import { sseData } from './sse.js';

const DONE = '[DONE]';
/** Events of thoughts and of nothing at all, beside some for each token. */
const MOST_EVENTS = 262_144;
const EVENTS_PER_TOKEN = 16;
/**
 * Reads the answer to a chat: one shape for what every server gives.
 * @param body whole, or a stream of server-sent events
 * @throws RemoteAnswerError when it is not as the protocol has it; EndpointFailedError when it breaks off;
 *   StructureUnmetError when it is none of a list
 */
export async function* readChat(
  body: string | AsyncIterable<Uint8Array | string>,
  answer: ChatAnswer,
): AsyncGenerator<readonly TextPiece[], TextEnd> {
  const { endpointId, chat, counts } = answer;
  const { n } = chat.generation;
  const choices = Array.from({ length: n }, () => new ChoiceReader(answer));
  const { maxTokens } = chat.generation;
  let events = 0;
  let isOver = false;
  for await (const event of eventsOf(endpointId, body)) {
    if (event === DONE) {
      isOver = true;
      break;
    }
    if (++events > MOST_EVENTS + EVENTS_PER_TOKEN * n * maxTokens)
      throw wrongAnswer(endpointId, 'its stream never ends');
    if (event.usage) Object.assign(counts, event.usage);
    const pieces: TextPiece[] = [];
    for (const chunk of event.chunks) {
      const piece = choiceOf(choices, chunk, endpointId).add(chunk);
      counts.written += chunk.tokens.length || (chunk.text === '' ? 0 : 1);
      if (piece) pieces.push({ choice: chunk.choice, ...piece });
    }
    if (pieces.length > 0) yield pieces;
  }
  if (!isOver && !choices.every((choice) => choice.isOver)) throw failedWithin(endpointId);
  // Not every server knows of several answers.
  if (choices.some((choice) => choice.isMissing))
    throw wrongAnswer(endpointId, 'it has fewer answers than were asked for');
  const last = choices.flatMap((each, choice) => {
    const rest = each.end();
    return rest ? [{ choice, ...rest }] : [];
  });
  if (last.length > 0) yield last;
  const ended = choices.map((choice) => choice.whole());
  const inputTokens = counts.inputTokens ?? estimatedTokens(chat.messages.map(({ content }) => content).join(''));
  const outputTokens = counts.outputTokens ?? counts.written;
  return {
    choices: ended,
    usage: { inputTokens, cachedTokens: 0, outputTokens },
    trimmedMessages: 0,
    timings: undefined,
  };
}

async function* eventsOf(
  endpointId: string,
  body: string | AsyncIterable<Uint8Array | string>,
): AsyncGenerator<ChatEvent | typeof DONE> {
  if (typeof body === 'string') {
    yield readChatEvent(endpointId, body, true);
    return;
  }
  try {
    for await (const data of sseData(endpointId, body)) {
      if (data.trim() === DONE) yield DONE;
      else if (data !== '') yield readChatEvent(endpointId, data);
    }
  } catch (error) {
    // What puts back what was replaced bounds its events as well.
    throw error instanceof RangeError ? wrongAnswer(endpointId, 'an event of its stream is too long') : error;
  }
}

function choiceOf(choices: readonly ChoiceReader[], { choice }: ChatChunk, endpointId: string): ChoiceReader {
  const found = choices[choice];
  if (!found) throw wrongAnswer(endpointId, 'it has more answers than were asked for');
  return found;
}
