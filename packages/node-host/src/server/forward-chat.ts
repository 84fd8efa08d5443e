import { Readable } from 'node:stream';
import { EndpointRefusedError, type Runtime } from '@terrace/core';
import type { ForwardCache, ForwardedWhole } from '@terrace/core/cache';
import { tighter } from './access.js';
import { cacheHeader, cacheWishOf } from './cache-of-request.js';
import { HttpRefusal } from './http-refusal.js';
import type { ServerContext } from './server-context.js';

/**
 * Terrace as a gateway: a chat with an endpoint goes there as it came, but for what must not leave. With a cache one that
 * is answered whole, and would be answered the same again, is answered from memory.
 */
export function createForward(
  runtime: Pick<Runtime, 'forward'>,
  cache?: Pick<ForwardCache, 'answer'>,
): NonNullable<ServerContext['forward']> {
  return async (request, reply, chat) => {
    const { endpoint, body, residency, signal } = chat;
    if (tighter(endpoint.placement, residency) !== endpoint.placement) throw tooFar(endpoint.id, residency);
    const { terrace, headers: asked } = request;
    const { key } = terrace.access;
    const job = { endpoint, path: '/chat/completions', body, signal, ...(key !== undefined && { key }) };
    let forwarded: ForwardedAnswer | undefined;
    const forward = async (): Promise<ForwardedAnswer> => {
      forwarded = await runtime.forward(job).catch((error: unknown) => {
        throw refusedAsAsked(error) ?? error;
      });
      return forwarded;
    };
    const answer =
      cache && body['stream'] !== true
        ? await cache.answer({ endpoint, body, tenant: key ?? '', wish: cacheWishOf(asked) }, async () =>
            wholeOf(await forward()),
          )
        : await forward();
    if (cache) terrace.cache = 'outcome' in answer ? answer.outcome : 'bypass';
    const { id: tier, placement } = endpoint;
    const { requestId, costUsd } = answer;
    terrace.last = { tier, placement, requestId };
    terrace.answered++;
    const headers = {
      'content-type': answer.contentType,
      'x-terrace-request-id': requestId,
      'x-terrace-tier': tier,
      'x-terrace-placement': placement,
      'x-terrace-cost-usd': String(costUsd),
      ...cacheHeader(request),
      ...(forwarded?.spentBudget !== undefined && { 'x-terrace-budget': forwarded.spentBudget }),
    };
    return reply
      .code(200)
      .headers(headers)
      .send(typeof answer.body === 'string' ? answer.body : Readable.from(answer.body));
  };
}

/** An endpoint may answer in pieces though nobody asked for a stream. */
async function wholeOf({ requestId, contentType, body, costUsd, usage }: ForwardedAnswer): Promise<ForwardedWhole> {
  const tokens = (usage?.inputTokens ?? 0) + (usage?.outputTokens ?? 0);
  const whole = { requestId, contentType, costUsd, tokens };
  if (typeof body === 'string') return { ...whole, body };
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(Buffer.from(piece as string));
  return { ...whole, body: Buffer.concat(pieces).toString() };
}

type ForwardedAnswer = Awaited<ReturnType<Runtime['forward']>>;

/** Statuses by which an endpoint says that the chat is at fault, and not who passes it on. */
const ABOUT_THE_CHAT: readonly unknown[] = [400, 413, 422];

/** Told as it is: a client would send the same chat again after a failure of the server. */
function refusedAsAsked(error: unknown): HttpRefusal | undefined {
  if (!EndpointRefusedError.isInstance(error)) return undefined;
  const { code, message, facts } = error;
  const { status } = facts;
  if (typeof status !== 'number' || !ABOUT_THE_CHAT.includes(status)) return undefined;
  const hint = 'It does not take this chat: look at its parameters and at its length.';
  return new HttpRefusal({ status, code, message, hint, facts });
}

const tooFar = (endpoint: string, residency: string): HttpRefusal =>
  new HttpRefusal({
    status: 403,
    code: 'RESIDENCY',
    message: `"${endpoint}" is further away than this request may go (${residency}).`,
    hint: 'Name a model that runs nearer; GET /v1/models lists them.',
    facts: { endpoint, residency },
  });
