import cors from '@fastify/cors';
import type { Clock } from '@terrace/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { createApp } from './create-app.js';
import { createContext } from './create-context.js';
import { createDoorkeeper } from './doorkeeper.js';
import { drain, type Draining } from './drain.js';
import { apiOf, refusalOf, toHttpError } from './error-shapes.js';
import { HttpRefusal } from './http-refusal.js';
import { listenOn } from './listen-on.js';
import { createMethodTable, type MethodTable } from './method-table.js';
import { noteSockets } from './open-sockets.js';
import { operationsRoutes } from './operations-routes.js';
import { DEFAULT_SERVER_LIMITS } from './server-context.js';
import { createServerLogger } from './server-logger.js';
import { createServerMetrics, type ServerMetrics } from './server-metrics.js';
import type { RunningServer, ServerOptions } from './server-options.js';
import { TERRACE_HEADERS } from './terrace-headers.js';
import { createTraffic } from './traffic.js';

const DRAIN_MS = 30_000;

/** What a web page may read of an answer: where the tensors begin in it, and when to come back, among the rest. */
const EXPOSED_HEADERS = [
  ...TERRACE_HEADERS,
  'inference-header-content-length',
  'retry-after',
  'x-should-retry',
  'idempotent-replayed',
];

/** An HTTP server over a runtime: one door, errors in each interface's own form, one way to stop. */
export async function createServer(options: ServerOptions): Promise<RunningServer> {
  const { clock, corsOrigins = [], waiting, endpoints, budgets, deployment, drainMs = DRAIN_MS } = options;
  const limits = { ...DEFAULT_SERVER_LIMITS, ...options.limits };
  const { log, flush } = createServerLogger({ level: 'info', content: false, ...options.log });
  const traffic = createTraffic(log, () => metrics);
  const metrics: ServerMetrics = createServerMetrics({
    inFlight: traffic.inFlight,
    waiting,
    endpoints,
    budgets,
    deployment,
  });
  const admit = createDoorkeeper(options);
  const methods = createMethodTable();
  const refuse = refusals(log, metrics, clock);
  const app = createApp(options, limits, refuse);
  const closeAll = noteSockets(app.server);
  let draining = false;

  app.decorateRequest('terrace');
  if (corsOrigins.length > 0) {
    const origin = [...corsOrigins];
    await app.register(cors, { origin, strictPreflight: false, exposedHeaders: EXPOSED_HEADERS });
  }
  // Behind what answers preflights, which is a route for every path.
  app.addHook('onRoute', ({ method, url }) => methods.add(method, url));
  app.addHook('onRequest', (request, reply, done) => {
    traffic.begin(request, reply);
    try {
      request.terrace.access = admit(request);
      if (request.is404) throw noSuchRoute(request, methods);
    } catch (error) {
      return done(error as Error);
    }
    done();
  });
  if (options.log?.content) logContent(app, log);
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request, reply) => refuse(noSuchRoute(request, methods), request, reply));

  const ready = (): boolean => !draining && (options.ready?.() ?? true);
  const context = createContext({ options, limits, metrics, ready });
  for (const routes of [operationsRoutes, ...options.routes]) routes(app, context);
  await app.ready();

  return {
    app,
    listen: () => listenOn(app, options),
    async close() {
      draining = true;
      traffic.lastAnswers();
      if (app.server.listening)
        await drain(app.server as Draining, { clock, limitMs: drainMs, onLimit: traffic.cutShort, closeAll });
      await app.close();
      flush();
    },
  };
}

function refusals(log: Logger, metrics: ServerMetrics, clock: Pick<Clock, 'wallMs'>) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const known = toHttpError(error, clock.wallMs());
    const { status, headers, body } = refusalOf(apiOf(request.url), known);
    // Undefined of a URL that cannot be read.
    if (request.terrace) request.terrace.errorCode = known.code;
    if (known.code === 'BUDGET_EXHAUSTED') metrics.refused(String(known.facts['budget']));
    if (known.status === 500) log.error({ id: request.id, err: error });
    return reply.code(status).headers(headers).type('application/json; charset=utf-8').send(JSON.stringify(body));
  };
}

function noSuchRoute({ method, url }: FastifyRequest, methods: MethodTable): HttpRefusal {
  const allowed = methods.allowed(url);
  if (allowed.length === 0) {
    return new HttpRefusal({
      status: 404,
      code: 'NOT_FOUND',
      message: 'There is nothing at this path.',
      hint: 'GET /openapi.json lists all paths.',
    });
  }
  return new HttpRefusal({
    status: 405,
    code: 'METHOD_NOT_ALLOWED',
    message: `This path does not take ${method}.`,
    hint: `Use ${allowed.join(' or ')}.`,
    headers: { allow: allowed.join(', ') },
  });
}

function logContent(app: Pick<RunningServer['app'], 'addHook'>, log: Logger): void {
  app.addHook('onSend', (request, _, payload, done) => {
    const answer = typeof payload === 'string' ? payload : undefined;
    // Metrics are looked at every few seconds, and are nobody's text.
    if (apiOf(request.url) !== 'operations') log.info({ id: request.id, request: request.body, answer });
    done(null, payload);
  });
}
