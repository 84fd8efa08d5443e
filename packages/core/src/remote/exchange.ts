import { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import { TerraceError } from '../errors/terrace-error.js';
import type { Clock } from '../ports/clock.js';
import type { EndpointKeys } from '../ports/endpoint-keys.js';
import type { Fetch, HttpReply } from '../ports/fetch.js';
import { statusFailure, unreachable, wrongAnswer } from './exchange-failure.js';
import { waitFor } from '../wait/wait-for.js';

/** Longest body that is read. */
export const MAX_REPLY_BYTES = 16 * 1024 * 1024;

interface ExchangeCall {
  /** Behind the url of the endpoint, with a leading slash. */
  readonly path: string;
  /** JSON, perhaps encoded already; without it, it is a GET. */
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

export interface ExchangeReply {
  /** @param name in lower case */
  header(name: string): string | undefined;
  readonly contentType: string | undefined;
  readonly bytes: Uint8Array;
  readonly sentBytes: number;
}

/**
 * One request and its whole answer, of status 2xx.
 * @throws EndpointUnreachableError, EndpointOverloadedError, EndpointFailedError, EndpointRefusedError,
 * RemoteAnswerError: none holds a key or anything of a body; the signal's reason
 */
export type Exchange = (call: ExchangeCall) => Promise<ExchangeReply>;

export interface ExchangePorts {
  readonly fetch: Fetch;
  readonly keys: EndpointKeys;
  readonly clock: Pick<Clock, 'wallMs'>;
}

/** An answer of status 2xx whose body is still to come. */
export interface OpenReply {
  readonly reply: HttpReply;
  readonly sentBytes: number;
  /** What it means that the body breaks off. */
  readonly broken: (error: unknown) => TerraceError;
}

/** Speaks to one endpoint up to the body of its answer. @throws like `Exchange` */
export type OpenExchange = (call: ExchangeCall) => Promise<OpenReply>;

type EndpointAddress = { readonly id: string; readonly url: string };

/** Speaks HTTP to one endpoint. */
export function createExchange(endpoint: EndpointAddress, ports: ExchangePorts): Exchange {
  const open = createOpenExchange(endpoint, ports);
  return async (call) => {
    const { reply, sentBytes, broken } = await open(call);
    try {
      const bytes = await readBody(endpoint.id, reply);
      return { header: (name) => reply.header(name), contentType: reply.header('content-type'), bytes, sentBytes };
    } catch (error) {
      call.signal.throwIfAborted();
      throw broken(error);
    }
  };
}

/** The same up to the body: for answers that come in pieces. @throws like `Exchange` */
export function createOpenExchange(endpoint: EndpointAddress, { fetch, keys, clock }: ExchangePorts): OpenExchange {
  const endpointId = endpoint.id;
  const base = endpoint.url.replace(/\/+$/, '');
  const ask = { endpointId, origin: new URL(endpoint.url).origin };

  return async ({ path, body, headers, signal }) => {
    signal.throwIfAborted();
    const asked = keyFor(keys, ask);
    const key = asked instanceof Promise ? await waitFor(asked, signal) : asked;
    const sent = typeof body === 'string' ? utf8.encode(body) : body;
    const broken = (error: unknown): TerraceError =>
      TerraceError.isInstance(error) ? error : unreachable(endpointId, error, key);
    try {
      const reply = await fetch({
        method: sent ? 'POST' : 'GET',
        url: base + path,
        headers: {
          accept: 'application/json',
          ...(sent && { 'content-type': 'application/json' }),
          ...headers,
          ...(key !== undefined && { authorization: `Bearer ${key}` }),
        },
        ...(sent && { body: sent }),
        signal,
      });
      const { status } = reply;
      if (status < 200 || status > 299) {
        leave(reply);
        const retryAfter = reply.header('retry-after');
        throw statusFailure({ endpointId, status, retryAfter, wallMs: clock.wallMs() });
      }
      return { reply, sentBytes: sent?.length ?? 0, broken };
    } catch (error) {
      signal.throwIfAborted();
      throw broken(error);
    }
  };
}

const utf8 = new TextEncoder();

type Key = string | undefined;

/** At once where the key is at hand. @throws EndpointRefusedError where there is one that cannot be had or sent */
function keyFor(keys: EndpointKeys, ask: Parameters<EndpointKeys>[0]): Key | Promise<Key> {
  // What else a store of keys throws may tell of the key.
  const failed = (error: unknown): never => {
    throw TerraceError.isInstance(error) ? error : noKey(ask.endpointId, 'could not be had');
  };
  const checked = (key: Key): Key => {
    if (key === undefined || key === '') return undefined;
    if (!/^[\x21-\x7e]{1,8192}$/.test(key)) throw noKey(ask.endpointId, 'holds characters that no header can carry');
    return key;
  };
  let key: ReturnType<EndpointKeys>;
  try {
    key = keys(ask);
  } catch (error) {
    return failed(error);
  }
  return typeof key === 'object' ? Promise.resolve(key).then(checked, failed) : checked(key);
}

const noKey = (endpoint: string, why: string): EndpointRefusedError =>
  new EndpointRefusedError({
    message: `The key of the endpoint "${endpoint}" ${why}.`,
    hint: 'Look at where it is kept; a key is one line without spaces.',
    facts: { endpoint },
  });

/** @throws RemoteAnswerError when it is too long; whatever the body breaks off with */
export async function readBody(endpointId: string, reply: HttpReply): Promise<Uint8Array> {
  const tooLong = () => wrongAnswer(endpointId, `it is longer than ${MAX_REPLY_BYTES / 2 ** 20} MiB`);
  if (Number(reply.header('content-length') ?? 0) > MAX_REPLY_BYTES) {
    leave(reply);
    throw tooLong();
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of reply.body) {
    length += chunk.length;
    if (length > MAX_REPLY_BYTES) throw tooLong();
    chunks.push(chunk);
  }
  if (chunks.length === 1) return chunks[0]!;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

/** Nobody waits for what a body does when it is left. */
export function leave({ body }: HttpReply): void {
  body[Symbol.asyncIterator]()
    .return?.()
    .catch(() => undefined);
}
