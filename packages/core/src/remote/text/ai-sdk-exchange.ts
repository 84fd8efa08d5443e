import type { LanguageModelV2, LanguageModelV3 } from '@ai-sdk/provider';
import type { Clock } from '../../ports/clock.js';
import { waitFor } from '../../wait/wait-for.js';
import type { AiSdkModel } from '../ai-sdk-client.js';
import { aiSdkFailure } from '../ai-sdk-failure.js';
import type { OpenExchange } from '../exchange.js';
import { notForIt } from '../exchange-failure.js';
import { toCallOptions } from './ai-sdk-call.js';
import { chunksOfParts } from './ai-sdk-chunks.js';

/**
 * A language model of the AI SDK as a server that is asked for a stream of a chat: so that what must not leave, prices,
 * tries and streams are the same for it as for all others.
 */
export function createAiSdkExchange({
  model,
  id,
  clock,
}: {
  readonly model: AiSdkModel;
  readonly id: string;
  readonly clock: Pick<Clock, 'wallMs'>;
}): OpenExchange {
  return async ({ body: given, signal }) => {
    signal.throwIfAborted();
    if ('doEmbed' in model) throw notForIt(id, 'embeds', 'Take a language model.');
    const sent = typeof given === 'string' ? utf8.encode(given) : (given ?? new Uint8Array());
    const chat = JSON.parse(utf8Decoder.decode(sent)) as Readonly<Record<string, unknown>>;
    if (chat['stream'] !== true) throw notForIt(id, 'is asked for streams alone', 'Ask with `"stream": true`.');
    if (Number(chat['n'] ?? 1) > 1) throw notForIt(id, 'gives one answer at a time', 'Ask for one.');
    const over = new AbortController();
    const broken = (error: unknown) => aiSdkFailure(id, error, clock.wallMs());
    try {
      const { stream } = await waitFor(streamOf(model, chat, over.signal), signal);
      const body = leftAtOnce(eventsOf(partsOf(stream), broken), () => over.abort());
      return { reply: { status: 200, header: (name) => HEADERS[name], body }, sentBytes: sent.length, broken };
    } catch (error) {
      over.abort();
      signal.throwIfAborted();
      throw broken(error);
    }
  };
}

const HEADERS: Readonly<Record<string, string>> = { 'content-type': 'text/event-stream' };
const utf8 = new TextEncoder();
const utf8Decoder = new TextDecoder();

/** What is used of a stream, as hosts of all kinds have it. */
interface PartStream {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: unknown }>;
    cancel(): Promise<void>;
  };
}
type Streamed = { readonly stream: PartStream };

/** Both specifications take the same options, but for words that none of these have. */
const streamOf = (
  model: LanguageModelV2 | LanguageModelV3,
  chat: Readonly<Record<string, unknown>>,
  abortSignal: AbortSignal,
): PromiseLike<Streamed> =>
  (model as LanguageModelV3).doStream({ ...toCallOptions(chat), abortSignal }) as unknown as PromiseLike<Streamed>;

async function* eventsOf(parts: AsyncIterable<unknown>, broken: (error: unknown) => Error): AsyncGenerator<Uint8Array> {
  for await (const event of chunksOfParts(parts, broken)) yield utf8.encode(`data: ${event}\n\n`);
}

/** A generator that waits for its next value cannot be left before that comes: the model is told first. */
function leftAtOnce<T>(values: AsyncGenerator<T, void>, leave: () => void): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]: () => ({
      next: () => values.next(),
      async return() {
        leave();
        values.return().catch(() => undefined);
        return { done: true, value: undefined };
      },
    }),
  };
}

/** Browsers' streams cannot all be read by `for await`. */
async function* partsOf(stream: PartStream): AsyncGenerator<unknown> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => undefined);
  }
}
