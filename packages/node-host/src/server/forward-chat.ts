import { Readable } from 'node:stream';
import type { Runtime } from '@terrace/core';
import { tighter } from './access.js';
import { HttpRefusal } from './http-refusal.js';
import type { ServerContext } from './server-context.js';

/** Terrace as a gateway: a chat with an endpoint goes there as it came, but for what must not leave. */
export function createForward(runtime: Pick<Runtime, 'forward'>): NonNullable<ServerContext['forward']> {
  return async (request, reply, { endpoint, body, residency, signal }) => {
    if (tighter(endpoint.placement, residency) !== endpoint.placement) throw tooFar(endpoint.id, residency);
    const forwarded = await runtime.forward({ endpoint, path: '/chat/completions', body, signal });
    const { id: tier, placement } = endpoint;
    const { requestId } = forwarded;
    const { terrace } = request;
    terrace.last = { tier, placement, requestId };
    terrace.answered++;
    const headers = {
      'content-type': forwarded.contentType,
      'x-terrace-request-id': requestId,
      'x-terrace-tier': tier,
      'x-terrace-placement': placement,
      'x-terrace-cost-usd': String(forwarded.costUsd),
    };
    const answer = forwarded.body;
    return reply
      .code(200)
      .headers(headers)
      .send(typeof answer === 'string' ? answer : Readable.from(answer));
  };
}

const tooFar = (endpoint: string, residency: string): HttpRefusal =>
  new HttpRefusal({
    status: 403,
    code: 'RESIDENCY',
    message: `"${endpoint}" is further away than this request may go (${residency}).`,
    hint: 'Name a model that runs nearer; GET /v1/models lists them.',
    facts: { endpoint, residency },
  });
