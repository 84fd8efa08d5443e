import { describeFetchContract } from '@terrace/core/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createNetwork } from '../network.js';
import { createBrowserFetch } from './browser-fetch.js';
import { deadUrl, startFetchServer } from './testing/fetch-server.js';

describeFetchContract('the fetch of a browser', () => ({ fetch: createBrowserFetch(createNetwork()) }), {
  startServer: startFetchServer,
  deadUrl,
  tellsRedirects: false,
});

describe('the fetch of a browser', () => {
  const fetch = createBrowserFetch(createNetwork());
  const ask = (url: string) => fetch({ method: 'GET', url, headers: {} });

  it('sends neither cookies nor where the page is', async () => {
    document.cookie = 'secret=1; path=/';
    onTestFinished(() => void (document.cookie = 'secret=; path=/; max-age=0'));
    const server = await startFetchServer(() => ({ kind: 'reply' }));
    // Cookies do not tell ports apart.
    await ask(server.url.replace('127.0.0.1', location.hostname));
    expect(server.seen[0]?.headers['cookie']).toBeUndefined();
    expect(server.seen[0]?.headers['referer']).toBeUndefined();
  });

  it('asks again, whatever the server says of keeping its answer', async () => {
    let times = 0;
    const server = await startFetchServer(() => ({
      kind: 'reply',
      headers: { 'cache-control': 'max-age=3600', 'x-times': `${++times}` },
    }));
    const seen = [await ask(server.url), await ask(server.url)].map((reply) => reply.header('x-times'));
    expect(seen).toEqual(['1', '2']);
  });

  it('says that CORS may be the reason when it is', async () => {
    const server = await startFetchServer(() => ({
      kind: 'reply',
      headers: { 'access-control-allow-origin': 'https://elsewhere.test' },
    }));
    await expect(ask(server.url)).rejects.toMatchObject({
      code: 'NETWORK_OR_CORS',
      message: expect.stringContaining('(CORS)'),
    });
  });

  it('reads nothing but http and https', async () => {
    for (const url of ['data:text/plain,words', URL.createObjectURL(new Blob(['words'])), '/catalog.json'])
      await expect(ask(url)).rejects.toBeInstanceOf(TypeError);
  });

  it('asks nobody while the page pretends to be offline, and says so', async () => {
    const server = await startFetchServer(() => ({ kind: 'reply' }));
    const network = createNetwork();
    const cut = createBrowserFetch(network);
    network.setOffline(true);
    await expect(cut({ method: 'GET', url: server.url, headers: {} })).rejects.toMatchObject({ code: 'OFFLINE' });
    expect(server.seen).toEqual([]);
    network.setOffline(false);
    expect(await cut({ method: 'GET', url: server.url, headers: {} })).toMatchObject({ status: 200 });
  });

  it('sends no header that holds a line break, and does not repeat it', async () => {
    const server = await startFetchServer(() => ({ kind: 'reply' }));
    const headers = { authorization: 'Bearer secret\r\nx-injected: 1' };
    const error: unknown = await fetch({ method: 'GET', url: server.url, headers }).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Error);
    expect(`${String(error)} ${String((error as Error).cause)}`).not.toContain('secret');
    expect(server.seen).toEqual([]);
  });
});
