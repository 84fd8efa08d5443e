import type { FastifyRequest } from 'fastify';
import { EVERYTHING, type Access } from './access.js';
import { HttpRefusal } from './http-refusal.js';
import { OPEN_PATHS } from './operations-routes.js';
import type { ServerOptions } from './server-options.js';

/**
 * Says who a request is from, or that it may not come in.
 *
 * A web page of any site can send requests to a server on the reader's own machine; browsers say of each which site it
 * is from. Only the sites that are allowed are heard.
 * @throws HttpRefusal
 */
export function createDoorkeeper({
  door,
  corsOrigins = [],
}: Pick<ServerOptions, 'door' | 'corsOrigins'>): (request: FastifyRequest) => Access {
  const origins = new Set(corsOrigins);
  return ({ headers, routeOptions }) => {
    const { origin, authorization } = headers;
    if (origin !== undefined && !origins.has(origin)) throw foreignPage();
    if (!door || OPEN_PATHS.has(routeOptions.url ?? '')) return EVERYTHING;
    return door.admit(authorization);
  };
}

const foreignPage = (): HttpRefusal =>
  new HttpRefusal({
    status: 403,
    code: 'ORIGIN_NOT_ALLOWED',
    message: 'Web pages of this origin may not use the server.',
    hint: 'Allow it: `terrace serve --cors ORIGIN`.',
  });
