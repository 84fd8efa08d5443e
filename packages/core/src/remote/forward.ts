import { z } from 'zod';
import { costOfCall, type Endpoint } from '../catalog/endpoint.js';
import { CHARACTERS_PER_TOKEN } from '../catalog/question-tokens.js';
import type { RedactedTexts, Redactor } from '../redact/redact.js';
import { mapTexts, textsOf } from './chat-texts.js';
import { createOpenExchange, readBody, type ExchangePorts, type OpenReply } from './exchange.js';
import { wrongAnswer } from './exchange-failure.js';
import { restoreChat, restoreChatStream } from './restore-chat.js';

/** A chat that is passed on as it is, but for what must not leave. */
export interface ForwardJob {
  readonly endpoint: Endpoint;
  /** Behind the url of the endpoint, e.g. `/chat/completions`. */
  readonly path: string;
  /** Whatever `model` says in it, the endpoint is asked for its own. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
}

export interface Forwarded {
  readonly contentType: string;
  /** Whole, or in pieces where a stream was asked for. */
  readonly body: string | AsyncIterable<Uint8Array | string>;
  /** As the endpoint counts; undefined where it does not say, and for a stream. */
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number } | undefined;
  readonly costUsd: number;
  readonly sentBytes: number;
  readonly redacted: Readonly<Record<string, number>>;
}

/** Passes chats on to one endpoint: one try, no policy. @throws like `EndpointClient.ask` */
export type Forwarder = (job: Omit<ForwardJob, 'endpoint'>) => Promise<Forwarded>;

const NOTHING: Readonly<Record<string, number>> = {};

const usageSchema = z.object({
  usage: z.object({ prompt_tokens: z.number().nonnegative(), completion_tokens: z.number().nonnegative().optional() }),
});

/** @param redactor undefined where the text may leave as it is */
export function createForwarder(
  endpoint: Endpoint,
  { redactor, ...ports }: ExchangePorts & { readonly redactor: Redactor | undefined },
): Forwarder {
  const open = createOpenExchange(endpoint, ports);
  return async ({ path, body, signal }) => {
    const redaction = redactor?.redactAll(textsOf(body));
    const isChanged = redaction !== undefined && Object.keys(redaction.counts).length > 0;
    const given = isChanged ? (withTexts(body, redaction) as typeof body) : body;
    const sent = JSON.stringify({ ...given, model: endpoint.model });
    const opened = await open({ path, body: sent, headers: { accept: '*/*' }, signal });
    const contentType = opened.reply.header('content-type') ?? '';
    const inputTokens = Math.ceil(sent.length / CHARACTERS_PER_TOKEN);
    const about = { contentType, sentBytes: opened.sentBytes, redacted: isChanged ? redaction.counts : NOTHING };
    if (/^text\/event-stream\b/i.test(contentType) && body['stream'] === true) {
      const pieces = unbroken(opened);
      return {
        ...about,
        body: isChanged ? restoreChatStream(pieces, redaction) : pieces,
        usage: undefined,
        costUsd: costOfCall(endpoint, { inputTokens, outputTokens: 0 }),
      };
    }
    if (!/^application\/json\b/i.test(contentType)) throw wrongAnswer(endpoint.id, 'it is no JSON');
    const answer = await wholeAnswer(endpoint.id, opened, signal);
    const usage = usageOf(endpoint.id, answer);
    return {
      ...about,
      body: isChanged ? restoreChat(answer, redaction) : answer,
      usage,
      costUsd: costOfCall(endpoint, usage ?? { inputTokens, outputTokens: 0 }),
    };
  };
}

function withTexts(body: unknown, { texts }: RedactedTexts): unknown {
  let next = 0;
  return mapTexts(body, () => texts[next++]!);
}

async function wholeAnswer(endpointId: string, { reply, broken }: OpenReply, signal: AbortSignal): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readBody(endpointId, reply));
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof TypeError && !(error as { code?: unknown }).code
      ? wrongAnswer(endpointId, 'it is not valid UTF-8')
      : broken(error);
  }
}

/** @throws RemoteAnswerError when the answer is no JSON object */
function usageOf(endpointId: string, answer: string): Forwarded['usage'] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(answer);
  } catch {
    throw wrongAnswer(endpointId, 'it is no JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) throw wrongAnswer(endpointId, 'it is no JSON object');
  const { data } = usageSchema.safeParse(parsed);
  return data && { inputTokens: data.usage.prompt_tokens, outputTokens: data.usage.completion_tokens ?? 0 };
}

/** A stream that breaks off fails with an error of ours. */
async function* unbroken({ reply, broken }: OpenReply): AsyncGenerator<Uint8Array> {
  try {
    yield* reply.body;
  } catch (error) {
    throw broken(error);
  }
}
