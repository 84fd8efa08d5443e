import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { apiOf } from './error-shapes.js';
import { HttpRefusal } from './http-refusal.js';
import { CLIENT_GONE, endSignal } from './request-signal.js';
import { RequestState } from './request-state.js';
import type { ServerMetrics } from './server-metrics.js';

/** The requests that are not answered yet, and what is told of each once it is. */
export interface Traffic {
  readonly inFlight: () => number;
  begin(request: FastifyRequest, reply: FastifyReply): void;
  /** From now on every answer is the last on its connection. */
  lastAnswers(): void;
  /** Gives up whatever is under way. */
  cutShort(): void;
}

export function createTraffic(log: Logger, metrics: () => ServerMetrics): Traffic {
  const active = new Map<FastifyRequest, FastifyReply>();
  let last = false;

  const end = (request: FastifyRequest, reply: FastifyReply): void => {
    active.delete(request);
    endSignal(request, reply);
    const status = reply.raw.writableEnded ? reply.statusCode : CLIENT_GONE;
    const ms = performance.now() - request.terrace.startMs;
    metrics().responded({ api: apiOf(request.url), status, seconds: ms / 1000 });
    if (log.isLevelEnabled('info')) log.info(lineOf(request, status, ms));
  };

  return {
    inFlight: () => active.size,
    begin(request, reply) {
      request.terrace = new RequestState();
      active.set(request, reply);
      if (last) reply.raw.shouldKeepAlive = false;
      // Not Fastify's hook: that one is not called when the client is gone.
      reply.raw.once('close', () => end(request, reply));
    },
    lastAnswers() {
      last = true;
      for (const { raw } of active.values()) raw.shouldKeepAlive = false;
    },
    cutShort() {
      for (const { terrace } of active.keys()) terrace.controller?.abort(stopping());
    },
  };
}

/** Never what was asked or answered, and no header. */
function lineOf({ id, method, routeOptions, terrace }: FastifyRequest, status: number, ms: number): object {
  const { access, last, answered, errorCode } = terrace;
  return {
    id,
    method,
    route: routeOptions.url,
    status,
    ms: Math.round(ms * 100) / 100,
    key: access.key,
    code: errorCode,
    ...(last && { texts: answered, tier: last.tier, placement: last.placement, requestId: last.requestId }),
  };
}

const stopping = (): HttpRefusal =>
  new HttpRefusal({
    status: 503,
    code: 'RUNTIME_CLOSED',
    message: 'The server stopped before the request was answered.',
    hint: 'Send it again.',
    headers: { 'retry-after': '1' },
  });
