import { Readable } from 'node:stream';
import { EndpointRefusedError, type Runtime } from '@terrace/core';
import { tighter } from './access.js';
import { HttpRefusal } from './http-refusal.js';
import type { ServerContext } from './server-context.js';

/** Terrace as a gateway: a chat with an endpoint goes there as it came, but for what must not leave. */
export function createForward(runtime: Pick<Runtime, 'forward'>): NonNullable<ServerContext['forward']> {
  return async (request, reply, { endpoint, body, residency, signal }) => {
    if (tighter(endpoint.placement, residency) !== endpoint.placement) throw tooFar(endpoint.id, residency);
    const { terrace } = request;
    const { key } = terrace.access;
    const job = { endpoint, path: '/chat/completions', body, signal, ...(key !== undefined && { key }) };
    const forwarded = await runtime.forward(job).catch((error: unknown) => {
      throw refusedAsAsked(error) ?? error;
    });
    const { id: tier, placement } = endpoint;
    const { requestId, spentBudget } = forwarded;
    terrace.last = { tier, placement, requestId };
    terrace.answered++;
    const headers = {
      'content-type': forwarded.contentType,
      'x-terrace-request-id': requestId,
      'x-terrace-tier': tier,
      'x-terrace-placement': placement,
      'x-terrace-cost-usd': String(forwarded.costUsd),
      ...(spentBudget !== undefined && { 'x-terrace-budget': spentBudget }),
    };
    const answer = forwarded.body;
    return reply
      .code(200)
      .headers(headers)
      .send(typeof answer === 'string' ? answer : Readable.from(answer));
  };
}

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
