import type { Fetch, HttpReply, HttpRequest } from '@terrace/core';
import { createConnections, type Connection, type Connections } from './connections.js';
import { createReplyBody } from './reply-body.js';

/** Connections to one host at a time; further requests wait for one of them. */
const CONNECTIONS = 128;
/** Addresses that are remembered; whoever asks more of them pays for reading them. */
const MAX_PLACES = 256;

/** The network, to be closed by whoever opened it. */
export interface UndiciFetch {
  readonly fetch: Fetch;
  /** Ends every connection. What is on its way breaks off. */
  close(): Promise<void>;
}

/**
 * The network of Node: connections are kept alive and used again, and one that a request was given up on is closed.
 * It goes to undici's own interface below its streams and promises, which take more time than a small answer does.
 * @param connections to one host at a time
 */
export function createUndiciFetch({ connections = CONNECTIONS }: { readonly connections?: number } = {}): UndiciFetch {
  const hosts = new Map<string, Connections>();
  // A runtime asks few addresses, over and over.
  const places = new Map<string, { readonly host: Connections; readonly path: string }>();
  const placeOf = (url: string): { readonly host: Connections; readonly path: string } => {
    const known = places.get(url);
    if (known) return known;
    const { origin, pathname, search, protocol } = new URL(url);
    if (protocol !== 'http:' && protocol !== 'https:') throw new TypeError('only http and https are spoken here');
    const host = hosts.get(origin) ?? createConnections(origin, connections);
    hosts.set(origin, host);
    const place = { host, path: pathname + search };
    if (places.size < MAX_PLACES) places.set(url, place);
    return place;
  };
  return {
    async fetch(request) {
      request.signal?.throwIfAborted();
      const { host, path } = placeOf(request.url);
      return exchange(host, path, request);
    },
    async close() {
      const open = [...hosts.values()];
      hosts.clear();
      places.clear();
      await Promise.all(open.map((host) => host.destroy()));
    },
  };
}

function exchange(host: Connections, path: string, request: HttpRequest): Promise<HttpReply> {
  const { signal } = request;
  return new Promise((resolve, reject) => {
    let giveUp: ((reason: Error) => void) | undefined;
    const onAbort = (): void => {
      const reason = signal?.reason as Error;
      reject(reason);
      giveUp?.(reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    const onEnd = (): void => signal?.removeEventListener('abort', onAbort);
    const onFailure = (error: Error): void => {
      onEnd();
      reject(error);
    };
    const takeBack = host.take((connection) => {
      giveUp = send({ connection, path, request, onReply: resolve, onFailure, onEnd });
    }, onFailure);
    giveUp ??= takeBack;
  });
}

/** @returns what gives the request up and closes its connection */
function send({
  connection,
  path,
  request: { method, headers, body },
  onReply,
  onFailure,
  onEnd,
}: {
  readonly connection: Connection;
  readonly path: string;
  readonly request: HttpRequest;
  onReply(reply: HttpReply): void;
  onFailure(error: Error): void;
  onEnd(): void;
}): (reason: Error) => void {
  const received = createReplyBody(connection);
  connection.client.dispatch(
    { method, path, headers, body: body ?? null },
    {
      onRequestStart: (controller) => received.begin(controller),
      onResponseStart(_, status, all) {
        // Others are interim.
        if (status < 200) return;
        received.expect(Number(all['content-length'] ?? NaN));
        const header = (name: string): string | undefined => {
          const value = all[name];
          return Array.isArray(value) ? value.join(', ') : value;
        };
        onReply({ status, header, body: received.body });
      },
      onResponseData: (_, chunk) => received.push(chunk),
      onResponseEnd() {
        onEnd();
        received.end();
        connection.giveBack();
      },
      onResponseError(_, error) {
        onFailure(error);
        received.fail(error);
        connection.giveBack();
      },
    },
  );
  return (reason) => received.abort(reason);
}
