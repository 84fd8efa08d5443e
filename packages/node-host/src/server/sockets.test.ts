import { setTimeout as sleep } from 'node:timers/promises';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import type { ServerOptions } from './server-options.js';
import { exampleResult } from './testing/fake-runtime.js';
import { gate, openSocket, startServer } from './testing/start-server.js';

const BODY = JSON.stringify({ text: 'how much is left', domain: 'bank' });
const head = (length: number | string, more = ''): string =>
  `POST /v1/infer HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${more}content-length: ${length}\r\n\r\n`;
const REQUEST = head(BODY.length) + BODY;
const MIB = 2 ** 20;

describe('the server on a socket', () => {
  it('refuses a body of 100 MB before it is sent, in its own form, and goes on answering', async () => {
    const { listen } = await startServer();
    const { url, port } = await listen();
    const { socket, read } = openSocket(port);
    socket.write(head(100 * MIB));
    const answer = await read;
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"code":"BODY_TOO_LARGE"');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('refuses one that comes in chunks without a length, and keeps none of it in memory', async () => {
    const { listen } = await startServer();
    const { url } = await listen();
    const before = process.memoryUsage.rss();
    let most = before;
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await sleep(0);
        most = Math.max(most, process.memoryUsage.rss());
        if (sent >= 100 * MIB) return controller.close();
        sent += MIB;
        controller.enqueue(new Uint8Array(MIB).fill(0x20));
      },
    });
    const asked = { method: 'POST', headers: { 'content-type': 'application/json' }, body, duplex: 'half' } as const;
    const answer = await fetch(`${url}/v1/infer`, asked).catch((error: unknown) => error);
    // A client that is still sending may see the connection close before the refusal.
    if (answer instanceof Response) expect(answer.status).toBe(413);
    expect(sent).toBeLessThan(100 * MIB);
    expect(most - before).toBeLessThan(64 * MIB);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('tells a client that asks first not to send a body that is too large', async () => {
    const { listen } = await startServer();
    const { port } = await listen();
    const large = openSocket(port);
    large.socket.write(head(100 * MIB, 'expect: 100-continue\r\n'));
    expect(await large.read).toMatch(/^HTTP\/1\.1 413 /);
    const small = openSocket(port);
    small.socket.write(head(BODY.length, 'expect: 100-continue\r\nconnection: close\r\n'));
    await once(small.socket, 'data');
    small.socket.write(BODY);
    expect(await small.read).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  });

  it('refuses headers that are too large with 431, in the form of the interface', async () => {
    const { listen } = await startServer();
    const { url, port } = await listen();
    const { socket, read } = openSocket(port);
    socket.write(`GET /v2/models HTTP/1.1\r\nhost: x\r\nx-bomb: ${'x'.repeat(20_000)}\r\n\r\n`);
    const answer = await read;
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(answer).toContain('{"error":"The headers are larger');
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('refuses what is not HTTP', async () => {
    const { listen } = await startServer();
    const { socket, read } = openSocket((await listen()).port);
    socket.write('how much is left?\r\n\r\n');
    expect(await read).toMatch(/^HTTP\/1\.1 400 [\s\S]*"code":"BAD_REQUEST"/);
  });

  it.each([
    ['headers that never end', 'POST /v1/infer HTTP/1.1\r\nhost: x\r\n'],
    ['a body that never ends', head(1000) + '{'],
  ])('gives up %s with 408', async (_, text) => {
    const { listen } = await startServer({ limits: { headersMs: 100, receiveMs: 100 } });
    const { url, port } = await listen();
    const { socket, read } = openSocket(port);
    socket.write(text);
    expect(await read).toMatch(/^HTTP\/1\.1 408 [\s\S]*"code":"REQUEST_TIMEOUT"/);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('takes back the work of a client that is gone', async () => {
    const server = await startServer();
    const { port } = await server.listen();
    const begun = gate();
    const given = gate();
    server.behave = (_, signal) => {
      begun.open();
      return new Promise((__, reject) =>
        signal?.addEventListener('abort', () => {
          given.open();
          reject(signal.reason as Error);
        }),
      );
    };
    const { socket } = openSocket(port);
    socket.write(REQUEST);
    await begun.passed;
    socket.destroy();
    await given.passed;
    expect(server.asked[0]!.signal!.reason).toMatchObject({ code: 'CLIENT_GONE' });
    await expect.poll(() => server.logged.join('')).toContain('"status":499');
  });

  it('ends a request whose time is up with 504', async () => {
    const server = await startServer({ limits: { requestMs: 20 } });
    const { url } = await server.listen();
    server.behave = (_, signal) =>
      new Promise((__, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/v1/infer`, { method: 'POST', headers, body: BODY });
    expect(answer.status).toBe(504);
    expect(await answer.json()).toMatchObject({ error: { code: 'TIME_UP' } });
  });

  it('gives up an answer that nobody reads in time, also one that is given again', async () => {
    // More than the system takes off its hands.
    const output = {
      kind: 'classification',
      label: 'x'.repeat(32 * MIB),
      alternatives: [],
      outOfScope: false,
    } as const;
    const run = vi.fn<ServerOptions['runtime']['run']>(() => Promise.resolve(exampleResult({ output })));
    const server = await startServer({ runtime: { run }, limits: { requestMs: 500 } });
    const { port } = await server.listen();
    const named = head(BODY.length, 'idempotency-key: k\r\n') + BODY;
    for (const request of [REQUEST, named, named]) {
      const given = once(server.app.server, 'connection') as Promise<[Socket]>;
      const { socket } = openSocket(port);
      socket.pause();
      socket.write(request);
      const [theirs] = await given;
      await once(theirs, 'close');
    }
    expect(run).toHaveBeenCalledTimes(2);
  });

  it('answers what has come before it stops, and what still comes on connections there are', async () => {
    const server = await startServer();
    const { port } = await server.listen();
    const door = gate();
    const begun = gate();
    server.behave = () => {
      begun.open();
      return door.passed;
    };
    const idle = openSocket(port);
    const busy = openSocket(port);
    busy.socket.write(REQUEST);
    await begun.passed;
    const closing = server.server.close();
    idle.socket.write('GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n');
    const answer = await idle.read;
    expect(answer).toMatch(/^HTTP\/1\.1 503 /);
    expect(answer.toLowerCase()).toContain('connection: close');
    const refused = openSocket(port);
    expect(await refused.read).toBe('');
    door.open();
    const last = await busy.read;
    expect(last).toMatch(/^HTTP\/1\.1 200 /);
    expect(last.toLowerCase()).toContain('connection: close');
    await closing;
  });

  it('stops in time though somebody connects who says nothing, where the server encrypts', async () => {
    // Nobody gets as far as to be shown a certificate.
    const server = await startServer({ tls: { cert: [] as never, key: [] as never }, drainMs: 50 });
    const given = once(server.app.server, 'connection');
    const { port } = await server.listen();
    const silent = openSocket(port);
    await given;
    await server.server.close();
    expect(await silent.read).toBe('');
  });

  it('closes connections that stay idle, and cuts short what takes too long', async () => {
    const server = await startServer({ drainMs: 50 });
    const { port } = await server.listen();
    const begun = gate();
    server.behave = (_, signal) => {
      begun.open();
      return new Promise((__, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
    };
    const idle = openSocket(port);
    const stuck = openSocket(port);
    stuck.socket.write(REQUEST);
    await begun.passed;
    await server.server.close();
    expect(await idle.read).toBe('');
    expect(await stuck.read).toMatch(/^HTTP\/1\.1 503 [\s\S]*"code":"RUNTIME_CLOSED"/);
  });
});
