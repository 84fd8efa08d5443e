import { RequestQueuedError, type Clock } from '@terrace/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createAsk, requireModel } from './ask.js';
import { createAskText } from './ask-text.js';
import { cacheHeader } from './cache-of-request.js';
import { apiOf, refusalOf, toHttpError } from './error-shapes.js';
import { createIdempotency } from './idempotency.js';
import { createRouteDocs } from './openapi/route-docs.js';
import { signalOf } from './request-signal.js';
import type { Answer, ServerContext, ServerLimits } from './server-context.js';
import type { ServerMetrics } from './server-metrics.js';
import type { ServerOptions } from './server-options.js';

/** What all routes share. */
export function createContext({
  options,
  limits,
  metrics,
  ready,
}: {
  options: ServerOptions;
  limits: ServerLimits;
  metrics: ServerMetrics;
  ready: () => boolean;
}): ServerContext {
  const {
    runtime,
    text,
    catalog,
    presence = () => 'here',
    clock,
    queued,
    recordFeedback,
    forward,
    budgets,
    deployment,
    isCached = false,
    sharedCollections = [],
  } = options;
  const idempotency = createIdempotency(clock);
  const signal: ServerContext['signalOf'] = (request, reply) => signalOf(request, reply, limits.requestMs);
  return {
    runtime,
    isCached,
    catalog,
    presence,
    clock,
    limits,
    metrics,
    docs: createRouteDocs(),
    ready,
    access: (request) => request.terrace.access,
    signalOf: signal,
    requireModel,
    ask: createAsk({ runtime, metrics, signalOf: signal, isCached, sharedCollections }),
    text: text && createAskText({ text, metrics, signalOf: signal, isCached, sharedCollections }),
    async answer(request, reply, worker) {
      const work = async (): Promise<Answer> => {
        const answer = await worker();
        return { ...answer, headers: { ...answer.headers, ...cacheHeader(request) } };
      };
      const key = request.headers['idempotency-key'];
      if (key === undefined) return send(reply, await work());
      const { access, body = Buffer.isBuffer(request.body) ? request.body : undefined } = request.terrace;
      const asked = { key: String(key), owner: access.key ?? '', route: `${request.method} ${request.url}`, body };
      const limit = signal(request, reply);
      const { answer, replayed } = await idempotency.once(asked, () => work().catch(putOff(request, clock)));
      if (replayed) {
        limit.throwIfAborted();
        reply.header('idempotent-replayed', 'true');
      }
      return send(reply, answer);
    },
    queued,
    recordFeedback,
    forward,
    budgets,
    deployment,
  };
}

/** That a request was put off is its answer: sent again, it is not to wait a second time. */
const putOff =
  (request: FastifyRequest, clock: Pick<Clock, 'wallMs'>) =>
  (error: unknown): Answer => {
    const known = toHttpError(error, clock.wallMs());
    const { status, headers, body } = refusalOf(apiOf(request.url), known);
    if (!RequestQueuedError.isInstance(error) || status >= 300) throw error;
    request.terrace.errorCode = known.code;
    return {
      status,
      headers: { ...headers, 'content-type': 'application/json; charset=utf-8' },
      body: JSON.stringify(body),
    };
  };

const send = (reply: FastifyReply, { status, headers, body }: Answer): FastifyReply =>
  reply.code(status).headers(headers).send(body);
