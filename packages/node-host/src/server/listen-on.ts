import { lookup } from 'node:dns/promises';
import { InvalidRequestError } from '@terrace/core';
import type { FastifyInstance } from 'fastify';
import type { ServerOptions } from './server-options.js';

const HOST = '127.0.0.1';
const DEFAULT_PORT = 8420;

const WHY: Readonly<Record<string, { readonly what: string; readonly hint: string }>> = {
  EADDRINUSE: {
    what: 'something else listens there',
    hint: 'Choose another port (--port), or 0 for one that is free.',
  },
  EACCES: { what: 'that takes more rights', hint: 'Choose a port above 1023 (--port).' },
  EADDRNOTAVAIL: { what: 'this host has no such address', hint: 'Name an address of this host (--host).' },
  ENOTFOUND: { what: 'nobody knows the name', hint: 'Name an address of this host (--host).' },
};

/** @throws InvalidRequestError when the address cannot be listened on */
export async function listenOn(
  app: FastifyInstance,
  { host = HOST, port = DEFAULT_PORT }: Pick<ServerOptions, 'host' | 'port'>,
): Promise<{ readonly url: string }> {
  try {
    return { url: await app.listen({ host: await numberOf(host), port }) };
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException;
    const { what, hint } = WHY[code] ?? { what: code, hint: 'Choose another address (--host, --port).' };
    throw new InvalidRequestError({
      message: `The server cannot listen on ${host}, port ${port}: ${what}.`,
      hint,
      facts: { host, port, errno: code },
      cause,
    });
  }
}

/**
 * Under this one name Fastify listens on every address it has, and on all but the first with a server of its own, which
 * has none of the bounds and is not waited for in the end.
 */
const numberOf = async (host: string): Promise<string> => (host === 'localhost' ? (await lookup(host)).address : host);

/** Whether an address is reached from this host only. Pure. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
