import { Readable } from 'node:stream';
import { EndpointRefusedError, type Runtime } from '@terrace/core';
import type { ForwardCache } from '@terrace/core/cache';
import { tighter } from './access.js';
import { cacheHeader, cacheWishOf } from './cache-of-request.js';
import { HttpRefusal } from './http-refusal.js';
import type { ServerContext } from './server-context.js';

/**
 * Terrace as a gateway: a chat with an endpoint goes there as it came, but for what must not leave. With a cache one that
 * would be answered the same again is answered from memory.
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
    const passOn = (own: AbortSignal = signal): Promise<ForwardedAnswer> =>
      runtime
        .forward({ endpoint, path: '/chat/completions', body, signal: own, ...(key !== undefined && { key }) })
        .catch((error: unknown) => {
          throw refusedAsAsked(error) ?? error;
        });
    const answer = cache
      ? await cache.answer({ endpoint, body, tenant: key ?? '', wish: cacheWishOf(asked), signal }, passOn)
      : await passOn();
    if ('outcome' in answer) terrace.cache = answer.outcome;
    const { id: tier, placement } = endpoint;
    const { requestId, costUsd, spentBudget } = answer;
    terrace.last = { tier, placement, requestId };
    terrace.answered++;
    const headers = {
      'content-type': answer.contentType,
      'x-terrace-request-id': requestId,
      'x-terrace-tier': tier,
      'x-terrace-placement': placement,
      'x-terrace-cost-usd': String(costUsd),
      ...cacheHeader(request),
      ...(spentBudget !== undefined && { 'x-terrace-budget': spentBudget }),
    };
    return reply
      .code(200)
      .headers(headers)
      .send(typeof answer.body === 'string' ? answer.body : Readable.from(answer.body));
  };
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
