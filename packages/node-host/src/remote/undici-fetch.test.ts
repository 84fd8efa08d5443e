import { createServer, type AddressInfo, type Socket } from 'node:net';
import { describeFetchContract, type ServerAnswer } from '@terrace/core/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { deadUrl, startFetchServer } from './testing/fetch-server.js';
import { createUndiciFetch, type UndiciFetch } from './undici-fetch.js';

function make(options: Parameters<typeof createUndiciFetch>[0] = {}): UndiciFetch {
  const network = createUndiciFetch(options);
  onTestFinished(() => network.close());
  return network;
}

describeFetchContract('undici', make, { startServer: startFetchServer, deadUrl });

const until = (isTrue: () => boolean): Promise<unknown> => vi.waitUntil(isTrue, { timeout: 4_500, interval: 5 });

const whole: ServerAnswer = { kind: 'reply', body: Buffer.from('whole') };

async function textOf({ fetch }: UndiciFetch, url: string, signal?: AbortSignal): Promise<string> {
  const { body } = await fetch({ method: 'GET', url, headers: {}, signal });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Takes connections and says nothing, so that a TLS handshake with it never ends. */
async function startMute(): Promise<{ port: number; sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // An end is seen by those who read.
    socket
      .resume()
      .on('close', () => sockets.delete(socket))
      .on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

describe('connections', () => {
  it('are no more than allowed; the other requests wait', async () => {
    const network = make({ connections: 2 });
    const server = await startFetchServer(() => whole);
    const texts = await Promise.all(Array.from({ length: 20 }, () => textOf(network, server.url)));
    expect(texts).toEqual(texts.map(() => 'whole'));
    expect(server.connections()).toBe(2);
  });

  it('are given to a waiting request when the one before is given up', async () => {
    const network = make({ connections: 1 });
    const server = await startFetchServer(({ path }) => (path === '/stall' ? { kind: 'stall' } : whole));
    const controller = new AbortController();
    const stalled = textOf(network, `${server.url}/stall`, controller.signal);
    const leaves = new AbortController();
    const left = textOf(network, `${server.url}/left`, leaves.signal);
    const waits = textOf(network, `${server.url}/waits`);
    await until(() => server.seen.length === 1);
    leaves.abort(new Error('no more'));
    await expect(left).rejects.toThrow('no more');
    controller.abort(new Error('enough'));
    await expect(stalled).rejects.toThrow('enough');
    expect(await waits).toBe('whole');
    expect(server.seen.map(({ path }) => path)).toEqual(['/stall', '/waits']);
  });

  it('are not opened again for a request that was given up', async () => {
    const network = make();
    const server = await startFetchServer(() => ({ kind: 'stall' }));
    const controller = new AbortController();
    const stalled = textOf(network, server.url, controller.signal);
    await until(() => server.seen.length === 1);
    controller.abort('a reason that is not an error');
    await expect(stalled).rejects.toBe('a reason that is not an error');
    await until(() => server.openSockets() === 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(server.connections()).toBe(1);
  });

  it('that are still in the making are closed when the request is given up', async () => {
    const network = make({ connections: 1 });
    const { port, sockets } = await startMute();
    const controller = new AbortController();
    const stuck = textOf(network, `https://127.0.0.1:${port}/`, controller.signal);
    await until(() => sockets.size === 1);
    controller.abort(new Error('enough'));
    await expect(stuck).rejects.toThrow('enough');
    await until(() => sockets.size === 0);
  });

  it('that the server closes are opened anew', async () => {
    const network = make();
    const server = await startFetchServer(() => ({ ...whole, headers: { connection: 'close' } }));
    for (let i = 0; i < 3; i++) expect(await textOf(network, server.url)).toBe('whole');
    expect(server.connections()).toBe(3);
  });

  it('end with the network, and so does what is on them or waits for them', async () => {
    const network = make({ connections: 1 });
    const server = await startFetchServer(() => ({ kind: 'stall' }));
    const work = Promise.allSettled([textOf(network, server.url), textOf(network, server.url)]);
    await until(() => server.seen.length === 1);
    await network.close();
    expect((await work).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await until(() => server.openSockets() === 0);
  });

  it('send no header that holds a line break, and do not repeat it', async () => {
    const { fetch } = make();
    const server = await startFetchServer(() => whole);
    const headers = { authorization: 'Bearer secret\r\nx-injected: 1' };
    const error: unknown = await fetch({ method: 'GET', url: server.url, headers }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toContain('secret');
    expect(server.seen).toEqual([]);
  });
});
