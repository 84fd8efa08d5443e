import { costOfCall } from '../catalog/cost-of-call.js';
import type { Endpoint } from '../catalog/endpoint.js';
import { CHARACTERS_PER_TOKEN } from '../catalog/question-tokens.js';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { RedactedTexts, Redactor } from '../redact/redact.js';
import { holdsSealed, mapTexts, textsOf } from './chat-texts.js';
import { leave, readBody, type OpenExchange, type OpenReply } from './exchange.js';
import { wrongAnswer } from './exchange-failure.js';
import type { CallCost } from './link.js';
import { isUnsent } from './unsent.js';
import { waitFor } from '../wait/wait-for.js';
import { restoreChat, restoreChatStream } from './restore-chat.js';

/** A chat that is passed on as it is, but for what must not leave. */
export interface ForwardJob {
  readonly endpoint: Endpoint;
  /** Behind the url of the endpoint, e.g. `/chat/completions`. */
  readonly path: string;
  /** Whatever `model` says in it, the endpoint is asked for its own. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly signal: AbortSignal;
  /** What it is asked for in place of its own model, e.g. an adapter. */
  readonly model?: string | undefined;
  /** Name of the key it came in with: budgets count by it. Never the key itself. */
  readonly key?: string | undefined;
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

export interface ForwardCall extends Pick<ForwardJob, 'path' | 'body' | 'signal'> {
  /** Ends this try; `signal` ends the stream of an answer as well. */
  readonly limited: AbortSignal;
  /** Told of what is sent when it is sent, and of the difference to what it really took when it is answered. */
  readonly onCall: (cost: CallCost) => void;
}

/**
 * Passes chats on to one endpoint: one try, no policy.
 * @throws like `EndpointClient.ask`; InvalidRequestError for a chat that cannot be looked into where it must be
 */
export type Forwarder = (call: ForwardCall) => Promise<Forwarded>;

const NOTHING: Readonly<Record<string, number>> = {};

/** Two numbers of every answer: a schema takes longer than they are worth. */
const countOf = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

/**
 * @param open speaks to the endpoint
 * @param redactor undefined where the text may leave as it is
 */
export function createForwarder(
  endpoint: Endpoint,
  { open, redactor }: { readonly open: OpenExchange; readonly redactor: Redactor | undefined },
): Forwarder {
  return async ({ path, body, signal, limited, onCall }) => {
    if (redactor && holdsSealed(body)) throw cannotLook(endpoint.id);
    const redaction = redactor?.redactAll(textsOf(body));
    const isChanged = redaction !== undefined && Object.keys(redaction.counts).length > 0;
    const given = isChanged ? (withTexts(body, redaction) as typeof body) : body;
    const sent = utf8.encode(JSON.stringify({ ...given, model: endpoint.model }));
    const inputTokens = Math.ceil(sent.length / CHARACTERS_PER_TOKEN);
    const expectedUsd = costOfCall(endpoint, { inputTokens, outputTokens: 0 });
    onCall({ costUsd: expectedUsd, sentBytes: sent.length });
    const opened = await open({ path, body: sent, headers: { accept: '*/*' }, signal: limited }).catch(
      (error: unknown) => {
        if (isUnsent(error)) onCall({ costUsd: -expectedUsd, sentBytes: -sent.length });
        throw error;
      },
    );
    const contentType = opened.reply.header('content-type') ?? '';
    const about = { contentType, sentBytes: opened.sentBytes, redacted: isChanged ? redaction.counts : NOTHING };
    if (/^text\/event-stream\b/i.test(contentType) && body['stream'] === true) {
      const pieces = unbroken(opened, signal);
      return {
        ...about,
        body: isChanged ? restoreChatStream(pieces, redaction) : pieces,
        usage: undefined,
        costUsd: expectedUsd,
      };
    }
    if (!/^application\/json\b/i.test(contentType)) {
      leave(opened.reply);
      throw wrongAnswer(endpoint.id, 'it is no JSON');
    }
    const answer = await wholeAnswer(endpoint.id, opened, limited);
    const usage = usageOf(endpoint.id, answer);
    const costUsd = usage ? costOfCall(endpoint, usage) : expectedUsd;
    onCall({ costUsd: costUsd - expectedUsd, sentBytes: 0 });
    return { ...about, body: isChanged ? restoreChat(answer, redaction) : answer, usage, costUsd };
  };
}

function withTexts(body: unknown, { texts }: RedactedTexts): unknown {
  let next = 0;
  return mapTexts(body, () => texts[next++]!);
}

async function wholeAnswer(endpointId: string, { reply, broken }: OpenReply, signal: AbortSignal): Promise<string> {
  try {
    return strictUtf8.decode(await readBody(endpointId, reply));
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
  const { usage } = parsed as { usage?: { prompt_tokens?: unknown; completion_tokens?: unknown } | null };
  const inputTokens = countOf(usage?.prompt_tokens);
  return inputTokens === undefined ? undefined : { inputTokens, outputTokens: countOf(usage?.completion_tokens) ?? 0 };
}

/** A stream that breaks off fails with an error of ours; one that is given up ends at once, whatever it waits for. */
async function* unbroken({ reply, broken }: OpenReply, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const chunks = reply.body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await waitFor(chunks.next(), signal);
      if (done) return;
      yield value;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw broken(error);
  } finally {
    chunks.return?.().catch(() => undefined);
  }
}

const utf8 = new TextEncoder();
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

const cannotLook = (endpointId: string): InvalidRequestError =>
  new InvalidRequestError({
    message: `The chat holds a picture, sound or a file, and what goes to "${endpointId}" must be looked into first.`,
    hint: `Send text, or an address of the picture; \`"redact": false\` in the manifest of the endpoint lets everything pass.`,
    facts: { endpoint: endpointId },
  });
