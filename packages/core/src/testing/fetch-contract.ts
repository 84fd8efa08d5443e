import { describe, expect, it } from 'vitest';
import type { Fetch, HttpReply } from '../ports/fetch.js';

/** How the server under test treats a request. */
export type ServerAnswer =
  | {
      readonly kind: 'reply';
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: Uint8Array;
    }
  /** It reads the request and never answers. */
  | { readonly kind: 'stall' }
  /** It sends this much, and then nothing. */
  | { readonly kind: 'stall-body'; readonly body: Uint8Array }
  /** It closes the connection instead of answering. */
  | { readonly kind: 'reset' }
  /** It promises a body twice as long as this, and closes the connection behind this much. */
  | { readonly kind: 'reset-body'; readonly body: Uint8Array }
  /** It sends these bytes again and again, as fast as they are taken. */
  | { readonly kind: 'flood'; readonly body: Uint8Array };

export interface SeenRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
}

/** A real server on the loopback. */
export interface FetchServer {
  /** Without a slash at the end. */
  readonly url: string;
  readonly seen: readonly SeenRequest[];
  /** Connections that are open. */
  openSockets(): number;
  /** Connections there ever were. */
  connections(): number;
  /** Bytes of a flood that were handed to the network. */
  sentBytes(): number;
}

/** The server ends with the test. */
export type StartFetchServer = (answer: (request: SeenRequest) => ServerAnswer) => Promise<FetchServer>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const reply = (text: string, rest: { status?: number; headers?: Record<string, string> } = {}): ServerAnswer => ({
  kind: 'reply',
  body: encoder.encode(text),
  ...rest,
});

async function readAll({ body }: HttpReply): Promise<Uint8Array> {
  const bytes: number[] = [];
  for await (const chunk of body) for (const byte of chunk) bytes.push(byte);
  return Uint8Array.from(bytes);
}

const textOf = async (answer: HttpReply): Promise<string> => decoder.decode(await readAll(answer));

const failureOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => 'it worked',
    (error: unknown) => error,
  );

/** Only what has ended can be waited for; the test's own time limit is the only clock. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise<void>((resolve) => setTimeout(resolve, 2));
}

/**
 * What every Fetch does.
 * @param deadUrl an address where nobody listens
 * @param tellsRedirects whether the platform tells which redirect came: a browser says only that one did
 */
export function describeFetchContract(
  name: string,
  make: () => { readonly fetch: Fetch },
  {
    startServer,
    deadUrl,
    tellsRedirects = true,
  }: {
    readonly startServer: StartFetchServer;
    readonly deadUrl: () => Promise<string>;
    readonly tellsRedirects?: boolean;
  },
): void {
  describe(`${name} keeps the Fetch contract`, () => {
    it('sends method, path, headers and body as they are, and hands back what comes', async () => {
      const { fetch } = make();
      const server = await startServer(() => reply('{"a":1}', { status: 201, headers: { 'X-Said': 'yes' } }));
      const body = Uint8Array.from([0, 255, 10, 13, 0x22]);
      const answer = await fetch({
        method: 'POST',
        url: `${server.url}/v1/a%2Fb?x=1&y=2`,
        headers: { 'content-type': 'application/octet-stream', authorization: 'Bearer secret' },
        body,
      });
      expect([answer.status, answer.header('x-said'), answer.header('x-unsaid')]).toEqual([201, 'yes', undefined]);
      expect(await textOf(answer)).toBe('{"a":1}');
      expect(server.seen).toMatchObject([
        { method: 'POST', path: '/v1/a%2Fb?x=1&y=2', headers: { authorization: 'Bearer secret' } },
      ]);
      expect([...server.seen[0]!.body]).toEqual([...body]);
    });

    it('sends text as UTF-8, and a GET without a body', async () => {
      const { fetch } = make();
      const server = await startServer(() => reply(''));
      await readAll(await fetch({ method: 'POST', url: `${server.url}/`, headers: {}, body: 'grüß 😀' }));
      await readAll(await fetch({ method: 'GET', url: `${server.url}/`, headers: {} }));
      expect(server.seen.map(({ method, body }) => [method, decoder.decode(body)])).toEqual([
        ['POST', 'grüß 😀'],
        ['GET', ''],
      ]);
    });

    it('hands back bytes as they came', async () => {
      const { fetch } = make();
      const body = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251);
      const server = await startServer(() => ({ kind: 'reply', body }));
      const bytes = await readAll(await fetch({ method: 'GET', url: server.url, headers: {} }));
      expect(bytes.length).toBe(body.length);
      expect(bytes.every((byte, i) => byte === body[i])).toBe(true);
    });

    it('answers with an error status, and does not throw it', async () => {
      const { fetch } = make();
      const server = await startServer(() => reply('busy', { status: 503, headers: { 'retry-after': '7' } }));
      const answer = await fetch({ method: 'GET', url: server.url, headers: {} });
      expect([answer.status, answer.header('retry-after'), await textOf(answer)]).toEqual([503, '7', 'busy']);
    });

    it.each([301, 302, 303, 307, 308])('follows no redirect of status %d', async (status) => {
      const { fetch } = make();
      const elsewhere = await startServer(() => reply('stolen'));
      const server = await startServer(() => reply('', { status, headers: { location: `${elsewhere.url}/` } }));
      const answer = await fetch({
        method: 'POST',
        url: server.url,
        headers: { authorization: 'Bearer k' },
        body: '{}',
      });
      await readAll(answer);
      expect(answer.status).toBe(tellsRedirects ? status : 302);
      expect(elsewhere.seen).toEqual([]);
      expect(server.seen).toHaveLength(1);
    });

    it('uses one connection for one request after the other', async () => {
      const { fetch } = make();
      const server = await startServer(({ path }) => reply(path));
      for (const path of ['/1', '/2', '/3'])
        expect(await textOf(await fetch({ method: 'GET', url: server.url + path, headers: {} }))).toBe(path);
      expect(server.connections()).toBe(1);
    });

    it('keeps many requests at a time apart', async () => {
      const { fetch } = make();
      const server = await startServer(({ path, body }) => reply(path + decoder.decode(body)));
      const ask = async (i: number): Promise<string> =>
        textOf(await fetch({ method: 'POST', url: `${server.url}/${i}`, headers: {}, body: ` ${i}` }));
      const numbers = Array.from({ length: 100 }, (_, i) => i);
      expect(await Promise.all(numbers.map(ask))).toEqual(numbers.map((i) => `/${i} ${i}`));
    });

    it('goes on after bodies that nobody reads', async () => {
      const { fetch } = make();
      const server = await startServer(() => reply('x'.repeat(100_000), { status: 500 }));
      for (let i = 0; i < 5; i++) {
        const { body } = await fetch({ method: 'GET', url: server.url, headers: {} });
        await body[Symbol.asyncIterator]().return?.();
      }
      await until(() => server.openSockets() <= 1);
    });

    it('stops a body that is left, and closes its connection', async () => {
      const { fetch } = make();
      const server = await startServer(() => ({ kind: 'flood', body: new Uint8Array(64 * 1024) }));
      const { body } = await fetch({ method: 'GET', url: server.url, headers: {} });
      for await (const chunk of body) if (chunk.length > 0) break;
      await until(() => server.openSockets() === 0);
    });

    it('takes no more of a body than is read', async () => {
      const { fetch } = make();
      const server = await startServer(() => ({ kind: 'flood', body: new Uint8Array(64 * 1024) }));
      const { body } = await fetch({ method: 'GET', url: server.url, headers: {} });
      const chunks = body[Symbol.asyncIterator]();
      await chunks.next();
      let before = -1;
      // It comes to rest once the buffers between the two are full.
      while (before !== server.sentBytes()) {
        before = server.sentBytes();
        await new Promise<void>((resolve) => setTimeout(resolve, 50));
      }
      expect(before).toBeLessThan(64 * 2 ** 20);
      await chunks.return?.();
      await until(() => server.openSockets() === 0);
    });
  });

  describe(`${name} gives up when it is told to`, () => {
    it('before anything is sent', async () => {
      const { fetch } = make();
      const server = await startServer(() => reply('late'));
      const controller = new AbortController();
      const reason = new Error('enough');
      controller.abort(reason);
      const { signal } = controller;
      expect(await failureOf(fetch({ method: 'GET', url: server.url, headers: {}, signal }))).toBe(reason);
      expect(server.seen).toEqual([]);
    });

    it('while nothing comes, and closes the connection', async () => {
      const { fetch } = make();
      const server = await startServer(() => ({ kind: 'stall' }));
      const controller = new AbortController();
      const reason = new Error('enough');
      const { signal } = controller;
      const failure = failureOf(fetch({ method: 'GET', url: server.url, headers: {}, signal }));
      await until(() => server.seen.length === 1);
      controller.abort(reason);
      expect(await failure).toBe(reason);
      await until(() => server.openSockets() === 0);
    });

    it('in the middle of a body, and closes the connection', async () => {
      const { fetch } = make();
      const server = await startServer(() => ({ kind: 'stall-body', body: encoder.encode('half') }));
      const controller = new AbortController();
      const reason = new Error('enough');
      const { signal } = controller;
      const answer = await fetch({ method: 'GET', url: server.url, headers: {}, signal });
      const failure = failureOf(readAll(answer));
      controller.abort(reason);
      expect(await failure).toBe(reason);
      await until(() => server.openSockets() === 0);
    });

    it('without harm to the others on the way', async () => {
      const { fetch } = make();
      const server = await startServer(({ path }) => (path === '/stall' ? { kind: 'stall' } : reply(path)));
      const controller = new AbortController();
      const { signal } = controller;
      const stalled = Array.from({ length: 5 }, () =>
        failureOf(fetch({ method: 'GET', url: `${server.url}/stall`, headers: {}, signal })),
      );
      const sound = Array.from({ length: 5 }, async () =>
        textOf(await fetch({ method: 'GET', url: `${server.url}/sound`, headers: {} })),
      );
      await until(() => server.seen.length === 10);
      controller.abort(new Error('enough'));
      expect(await Promise.all(stalled)).toEqual(stalled.map(() => signal.reason));
      expect(await Promise.all(sound)).toEqual(sound.map(() => '/sound'));
    });

    it('not, once the answer is read', async () => {
      const { fetch } = make();
      const server = await startServer(() => reply('whole'));
      const controller = new AbortController();
      const { signal } = controller;
      expect(await textOf(await fetch({ method: 'GET', url: server.url, headers: {}, signal }))).toBe('whole');
      controller.abort(new Error('too late'));
      expect(await textOf(await fetch({ method: 'GET', url: server.url, headers: {} }))).toBe('whole');
      expect(server.connections()).toBe(1);
    });
  });

  describe(`${name} throws when no whole answer comes`, () => {
    it('because nobody listens', async () => {
      const { fetch } = make();
      const error = await failureOf(fetch({ method: 'GET', url: await deadUrl(), headers: {} }));
      expect(error).toBeInstanceOf(Error);
    });

    it('because the connection is closed instead', async () => {
      const { fetch } = make();
      const server = await startServer(() => ({ kind: 'reset' }));
      const error = await failureOf(fetch({ method: 'POST', url: server.url, headers: {}, body: '{}' }));
      expect(error).toBeInstanceOf(Error);
    });

    it('because the body breaks off', async () => {
      const { fetch } = make();
      const server = await startServer(() => ({ kind: 'reset-body', body: encoder.encode('{"half":') }));
      const error = await failureOf(fetch({ method: 'GET', url: server.url, headers: {} }).then(readAll));
      expect(error).toBeInstanceOf(Error);
    });

    it('for an address that is none', async () => {
      const { fetch } = make();
      for (const url of ['', 'not an address', 'file:///etc/passwd'])
        expect(await failureOf(fetch({ method: 'GET', url, headers: {} }))).toBeInstanceOf(Error);
    });
  });
}
