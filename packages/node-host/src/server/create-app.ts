import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { answerClientError } from './client-errors.js';
import { parseJsonBody } from './json-body.js';
import type { ServerLimits } from './server-context.js';
import type { ServerOptions } from './server-options.js';

/** How often Node looks for requests that do not arrive in time. */
const LOOK_FOR_SLOW_MS = 1000;
/** Longest part of a path: a model's name. */
const MAX_PARAM_LENGTH = 512;

/** Fastify with its bounds set, and with nothing of its own that would tell clients about it. */
export function createApp(
  { tls }: Pick<ServerOptions, 'tls'>,
  limits: ServerLimits,
  refuse: (error: unknown, request: FastifyRequest, reply: FastifyReply) => void,
): FastifyInstance {
  const http = {
    maxHeaderSize: limits.headerBytes,
    headersTimeout: limits.headersMs,
    connectionsCheckingInterval: Math.min(LOOK_FOR_SLOW_MS, limits.headersMs, limits.receiveMs),
  };
  const app = Fastify({
    // The server writes one line a request itself; a logger here would make a child of it for each.
    logger: false,
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.receiveMs,
    keepAliveTimeout: limits.keepAliveMs,
    // What arrives on a connection while the server drains is answered.
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    clientErrorHandler: answerClientError,
    frameworkErrors: refuse,
    ...(tls ? { https: { ...http, handshakeTimeout: limits.headersMs, ...tls } } : { http }),
  } as object) as unknown as FastifyInstance;
  app.server.maxConnections = limits.connections;
  refuseEarly(app, limits);
  parseBodies(app, limits);
  return app;
}

/** A client that asks before it sends a body that is too large is told before it sends it. */
function refuseEarly({ server }: FastifyInstance, { bodyBytes }: ServerLimits): void {
  server.on('checkContinue', (request, response) => {
    if (!(Number(request.headers['content-length']) > bodyBytes)) response.writeContinue();
    server.emit('request', request, response);
  });
}

function parseBodies(app: FastifyInstance, { jsonDepth }: ServerLimits): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    try {
      if (request.headers['idempotency-key'] !== undefined) request.terrace.body = body;
      done(null, parseJsonBody(body, jsonDepth));
    } catch (error) {
      done(error as Error);
    }
  });
}
