import type { Fetch, HttpReply } from '@terrace/core';
import type { Network } from '../network.js';
import { noAnswer } from './no-answer.js';
import { createReplyBody } from './reply-body.js';

/**
 * The network of a browser. It sends no cookies and no referrer and keeps nothing. A server must allow the page's
 * origin (CORS) and expose `retry-after` to be believed about it; the browser does not tell which redirect came, so that
 * each is status 302.
 * @throws an Error whose `code` says what is known of the cause: `OFFLINE` when nothing was sent, `NETWORK_LOST`,
 *   `MIXED_CONTENT` or `NETWORK_OR_CORS`
 */
export function createBrowserFetch(network: Pick<Network, 'fetch' | 'isOnline'>): Fetch {
  return async ({ method, url, headers, body, signal }) => {
    signal?.throwIfAborted();
    const { protocol, origin } = new URL(url);
    if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('only http and https are spoken here');
    const wasOnline = network.isOnline();
    try {
      const response = await network.fetch(url, {
        method,
        headers,
        // Shared memory is the one kind of bytes that a browser does not send.
        ...(body !== undefined && { body: body as BodyInit }),
        ...(signal && { signal: signal as AbortSignal }),
        redirect: 'manual',
        credentials: 'omit',
        referrerPolicy: 'no-referrer',
        cache: 'no-store',
      });
      return replyOf(response, signal);
    } catch (cause) {
      signal?.throwIfAborted();
      throw noAnswer({ origin, cause, wasOnline, isOnline: network.isOnline(), pageProtocol: location.protocol });
    }
  };
}

function replyOf(response: Response, signal: AbortSignal | undefined): HttpReply {
  return {
    status: response.type === 'opaqueredirect' ? 302 : response.status,
    header: (name) => response.headers.get(name) ?? undefined,
    body: createReplyBody(response.body, signal),
  };
}
