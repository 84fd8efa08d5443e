import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { begun, type Begun, type Catalog } from '@terrace/core';
import type { TextResult, TextStep } from '@terrace/core/text';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AskText, TextAsk } from '../ask-text.js';
import { cacheHeader } from '../cache-of-request.js';
import { apiOf, shapeError, toHttpError } from '../error-shapes.js';
import type { Answer, ServerContext } from '../server-context.js';
import { terraceHeaders } from '../terrace-headers.js';
import { findTextModel, type TextChoice } from '../text-name.js';
import { chatFrame, type ChatFrame } from './chat-response.js';
import { refused } from './refusal.js';
import { requirementsFromHeaders } from './requirements-from-headers.js';
import { textEvents } from './text-events.js';
import { parseTextChat, type TextChat } from './text-request.js';
import { textResponse, type TextPart } from './text-response.js';

type Context = ServerContext & { readonly text: AskText };

const JSON_TYPE = 'application/json; charset=utf-8';
const EVENTS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' };
/** Names one tier of the ladder that was asked. */
const POLICY = 'x-terrace-policy';

/** Answers a chat in text, whole or as it is written. */
export async function answerText(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  named: TextChoice,
): Promise<FastifyReply> {
  const model = tierOf(named, request, context.catalog());
  const chat = parseTextChat(request.body);
  const { policy, domain } = model;
  const requirements = requirementsFromHeaders(request.headers);
  const ask: TextAsk = {
    requestId: randomUUID().replaceAll('-', ''),
    model,
    input: { ...requirements, ...chat.input, task: 'text-generation', policy, ...(domain !== undefined && { domain }) },
  };
  const { stream } = chat;
  // An answer that can be given a second time is kept as a whole: it is sent when it is over.
  const isKept = request.headers['idempotency-key'] !== undefined;
  if (stream && !isKept) return streamed(context, request, reply, { chat, ask });
  return context.answer(request, reply, () => whole(context, request, reply, { chat, ask }));
}

interface Job {
  readonly chat: TextChat;
  readonly ask: TextAsk;
}

async function whole(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  { chat, ask }: Job,
): Promise<Answer> {
  if (chat.stream) {
    const steps = await begun(context.text.stream(request, reply, ask));
    // Nothing is told yet: what fails, fails as a whole, and is not given a second time.
    const { events, headers } = eventsOf(context, request, { chat, ask }, steps, rethrow);
    let body = '';
    for await (const each of events) body += each;
    return { status: 200, headers, body };
  }
  // What is told of each token comes with the steps only.
  const isTold = chat.input.generation?.topLogProbs !== undefined;
  const tokens: TextPart[] = [];
  const result = isTold
    ? await collected(context.text.stream(request, reply, ask), tokens)
    : await context.text.run(request, reply, ask);
  const { requestId } = result;
  const body = textResponse(frameOf(context, chat, requestId), result, {
    forced: chat.forced,
    tokens: isTold ? tokens : undefined,
  });
  return { status: 200, headers: { 'content-type': JSON_TYPE, ...terraceHeaders(result) }, body: JSON.stringify(body) };
}

async function collected(steps: AsyncGenerator<TextStep, TextResult>, into: TextPart[]): Promise<TextResult> {
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return value;
    if (value.kind === 'text') into.push(value);
  }
}

async function streamed(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  job: Job,
): Promise<FastifyReply> {
  const steps = context.text.stream(request, reply, job.ask);
  // Also where the client leaves before the first event is asked for.
  reply.raw.once('close', () => void steps.return(undefined as never).catch(() => undefined));
  const told = (error: unknown): object | undefined => {
    const known = toHttpError(error, context.clock.wallMs());
    request.terrace.errorCode = known.code;
    return shapeError(apiOf(request.url), known);
  };
  const { events, headers } = eventsOf(context, request, job, await begun(steps), told);
  // One event ahead of the client: what it does not read is not written.
  return reply
    .code(200)
    .headers(headers)
    .send(Readable.from(events, { highWaterMark: 1 }));
}

async function* stepsOf({ first, rest }: Begun<TextStep, TextResult>): AsyncGenerator<TextStep> {
  if (first) yield first;
  yield* rest;
}

function rethrow(error: unknown): never {
  throw error;
}

function eventsOf(
  context: Context,
  request: FastifyRequest,
  { chat, ask: { requestId } }: Job,
  steps: Begun<TextStep, TextResult>,
  told: (error: unknown) => object | undefined,
) {
  const { first } = steps;
  const events = textEvents(stepsOf(steps), {
    frame: frameOf(context, chat, requestId),
    choices: chat.input.generation?.n ?? 1,
    includeUsage: chat.includeUsage,
    forced: chat.forced,
    told,
  });
  const tier = first?.kind === 'text' ? first.tier : first?.kind === 'result' ? first.result.tier : undefined;
  const placement = tier === undefined ? undefined : placementOf(tier, context.catalog());
  const headers: Record<string, string> = {
    ...EVENTS,
    'x-terrace-request-id': requestId,
    ...cacheHeader(request),
    ...(tier !== undefined && { 'x-terrace-tier': tier }),
    ...(placement !== undefined && { 'x-terrace-placement': placement }),
  };
  return { events, headers };
}

const placementOf = (tier: string, { models, endpoints = [] }: Catalog): string | undefined =>
  [...models, ...endpoints].find(({ id }) => id === tier)?.placement;

const frameOf = ({ clock, catalog }: Context, { model }: TextChat, requestId: string): ChatFrame =>
  chatFrame({ requestId }, { model, atWallMs: clock.wallMs(), revision: catalog().revision });

/** @throws InvalidRequestError when the header names none */
function tierOf(named: TextChoice, { headers }: FastifyRequest, catalog: Catalog): TextChoice {
  const asked = headers[POLICY];
  if (asked === undefined || named.policy !== 'cascade') return named;
  const suffix = named.domain === undefined ? '' : `:${named.domain}`;
  const tier = typeof asked === 'string' ? findTextModel(`${asked}${suffix}`, catalog) : undefined;
  if (tier) return tier;
  throw refused({
    message: `Invalid header "${POLICY}": it names no tier that generates text${suffix && ' in this domain'}.`,
    hint: 'GET /v1/models lists them.',
    param: POLICY,
    code: 'invalid_value',
  });
}
