import {
  request as requestUpstream,
  type Agent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const HOP_BY_HOP = /^(?:connection|keep-alive|proxy-connection|transfer-encoding|te|trailer|upgrade|content-length)$/i;

export interface Answer {
  readonly status: number;
  /** Without length and what concerns one connection only. */
  readonly headers: readonly (readonly [string, string])[];
}

/** What a client sent, as it came. */
export interface Arrival {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

interface Link {
  /** One way, in milliseconds. */
  readonly delayMs: () => number;
  /** Whether everything is lost on the way. */
  readonly isDark: () => boolean;
  readonly target: URL;
  readonly agent: Agent;
  readonly onArrival: ((arrival: Arrival) => void) | undefined;
}

/**
 * One request of a client and what comes back. What goes either way arrives after the link's delay and in order; what
 * is under way when the link goes dark never arrives.
 */
export class Exchange {
  readonly signal: AbortSignal;
  /** How the exchange ended; undefined while it lasts. */
  end: 'answered' | 'cancelled' | 'broken' | undefined;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #link: Link;
  readonly #gone = new AbortController();
  #lost = false;
  #sent = Promise.resolve();

  constructor(request: IncomingMessage, response: ServerResponse, link: Link, onEnd: (exchange: Exchange) => void) {
    this.#request = request;
    this.#response = response;
    this.#link = link;
    this.signal = this.#gone.signal;
    response.once('close', () => {
      this.end ??= response.writableFinished ? 'answered' : 'cancelled';
      this.#gone.abort();
      onEnd(this);
    });
    response.on('error', () => {});
  }

  /** The whole request, after the way there. @throws when the client leaves */
  async arrive(): Promise<Buffer> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.#request) chunks.push(chunk as Buffer);
    await this.wait(this.#link.delayMs());
    await this.#unlessDark();
    const body = Buffer.concat(chunks);
    const { url: path = '/', headers } = this.#request;
    this.#link.onArrival?.({ path, headers, body: body.toString('utf8') });
    return body;
  }

  /** Asks the real server. @throws when it cannot be reached or the client leaves */
  async forward(body: Buffer): Promise<IncomingMessage> {
    for (;;) {
      try {
        return await this.#ask(body);
      } catch (error) {
        // The server may close a kept connection just as it is used again: that is no fault of the plan.
        if (!(error instanceof StaleConnection)) throw error;
      }
    }
  }

  #ask(body: Buffer): Promise<IncomingMessage> {
    const { target, agent } = this.#link;
    const { method, url = '/', rawHeaders } = this.#request;
    const headers = endToEnd(rawHeaders).filter(([name]) => name.toLowerCase() !== 'host');
    // A request that says nothing of a body must not seem to send one.
    const length = body.length > 0 || method === 'POST' ? ['content-length', String(body.length)] : [];
    return new Promise((resolve, reject) => {
      const sent = requestUpstream(
        {
          host: target.hostname,
          port: target.port,
          path: url,
          agent,
          signal: this.signal,
          headers: [...headers.flat(), 'host', target.host, ...length],
          ...(method !== undefined && { method }),
        },
        resolve,
      );
      sent.on('error', (error) => {
        const isStale = sent.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
        reject(isStale ? new StaleConnection() : error);
      });
      sent.end(body);
    });
  }

  /** Sends headers; `length` where the body has one. */
  head({ status, headers }: Answer, length?: number): Promise<void> {
    const lengths = length === undefined ? [] : ['content-length', String(length)];
    return this.#send(() => void this.#response.writeHead(status, [...headers.flat(), ...lengths]));
  }

  /** Sends a part of the body; ends when the client has taken it. */
  body(chunk: Buffer): Promise<void> {
    return this.#send(() => new Promise((resolve) => void this.#response.write(chunk, () => resolve())));
  }

  finish(): Promise<void> {
    return this.#send(() => void this.#response.end());
  }

  whole({ status, headers }: Answer, body: string | Buffer): Promise<void> {
    const bytes = Buffer.from(body);
    return this.#send(
      () =>
        void this.#response.writeHead(status, [...headers.flat(), 'content-length', String(bytes.length)]).end(bytes),
    );
  }

  /** Breaks the connection: `reset` with RST, `end` as if the server had closed it. */
  break(how: 'reset' | 'end'): Promise<void> {
    return this.#send(() => {
      this.end = 'broken';
      const { socket } = this.#response;
      if (how === 'reset') socket?.resetAndDestroy();
      else socket?.end(() => socket.destroy());
    });
  }

  /** @throws when the client leaves */
  async wait(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.signal });
    this.signal.throwIfAborted();
  }

  /** Never comes back, except when the client leaves. */
  async never(): Promise<never> {
    this.#lost = true;
    await new Promise((_, reject) => this.signal.addEventListener('abort', reject, { once: true }));
    throw this.signal.reason;
  }

  /** Sets out at once and arrives after the delay, behind what was sent before; who waits for it is free to. */
  #send(arrive: () => void | Promise<void>): Promise<void> {
    const dueMs = performance.now() + this.#link.delayMs();
    this.#sent = this.#sent.then(async () => {
      await this.wait(dueMs - performance.now());
      await this.#unlessDark();
      await arrive();
    });
    this.#sent.catch(() => {});
    return this.#sent;
  }

  async #unlessDark(): Promise<void> {
    if (this.#lost || this.#link.isDark()) await this.never();
  }
}

class StaleConnection extends Error {}

/** Names and values by turns, as Node reads them. */
export function endToEnd(rawHeaders: readonly string[]): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2);
    if (!HOP_BY_HOP.test(name)) pairs.push([name, value]);
  }
  return pairs;
}
