import { Agent, createServer, request } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startFaultProxy } from './support/fault-proxy.js';
import { delayOf, faultOf, FAULTS, seeded, type Fault, type FaultPlan } from './support/faults.js';
import { startScriptedUpstream, type UpstreamScript } from './support/scripted-upstream.js';

const ASK = { model: 'm', messages: [{ role: 'user', content: 'hello' }] };
const RIGHT = { choices: [{ message: { content: 'an answer of some length' } }] };

async function start(plan: FaultPlan = {}, script: UpstreamScript = {}, seed = 1) {
  const upstream = await startScriptedUpstream({ chat: () => 'an answer of some length', ...script });
  const proxy = await startFaultProxy({ target: new URL(upstream.url), seed, plan });
  onTestFinished(async () => {
    await proxy.close();
    await upstream.close();
  });
  const post = (body: object = ASK, init: RequestInit = {}) =>
    fetch(`${proxy.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer secret' },
      body: JSON.stringify(body),
      ...init,
    });
  /** Sends a request and leaves once it has come to the proxy. */
  const giveUp = async (): Promise<void> => {
    const arrived = proxy.counts.requests + 1;
    const controller = new AbortController();
    const asked = post(ASK, { signal: controller.signal });
    void until(() => proxy.counts.requests === arrived).then(() => controller.abort());
    await expect(asked).rejects.toThrow('aborted');
  };
  return { upstream, proxy, post, giveUp };
}

const only = (fault: Fault, rest: FaultPlan = {}): FaultPlan => ({ rates: { [fault]: 1 }, ...rest });

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => void setTimeout(resolve, 5));
}

describe('a fault proxy without faults', () => {
  it('passes requests and answers on as they are', async () => {
    const { upstream, proxy, post } = await start();
    const response = await post();
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject(RIGHT);
    expect(upstream.requests).toMatchObject([
      { method: 'POST', path: '/v1/chat/completions', body: ASK, headers: { authorization: 'Bearer secret' } },
    ]);
    expect((await fetch(`${proxy.url}/v1/nothing`)).status).toBe(404);
    expect(proxy.counts).toMatchObject({ requests: 2, answered: 2, cancelled: 0, upstreamFailed: 0 });
  });

  it('passes a stream on piece by piece', async () => {
    const { proxy } = await start();
    const response = await fetch(`${proxy.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ ...ASK, stream: true, stream_options: { include_usage: true } }),
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const text = await response.text();
    const events = text.trim().split('\n\n');
    expect(events.at(-1)).toBe('data: [DONE]');
    const chunks = events
      .slice(0, -1)
      .map((event) => JSON.parse(event.slice(6)) as { choices: { delta: { content?: string } }[] });
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('an answer of some length');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 13 } });
  });

  it('passes the first piece on while the second waits', async () => {
    let letGo = (): void => {};
    const upstream = createServer((_, response) => {
      response.write('first ');
      letGo = () => void response.end('second');
    });
    await new Promise<void>((resolve) => void upstream.listen(0, '127.0.0.1', resolve));
    const proxy = await startFaultProxy({ target: (upstream.address() as AddressInfo).port });
    onTestFinished(async () => {
      await proxy.close();
      upstream.close();
    });
    const reader = (await fetch(proxy.url)).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first ');
    letGo();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('second');
    expect((await reader?.read())?.done).toBe(true);
  });

  it('keeps connections alive on both sides', async () => {
    const { upstream, proxy } = await start();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    for (let count = 0; count < 5; count += 1) {
      await new Promise<void>((resolve, reject) => {
        const asked = request(
          `${proxy.url}/v1/models`,
          { agent },
          (response) => void response.resume().on('end', resolve),
        );
        asked.on('error', reject).end();
      });
    }
    expect(proxy.counts).toMatchObject({ requests: 5, connections: 1, openConnections: 1 });
    expect(upstream.counts).toMatchObject({ models: 5, connections: 1 });
  });

  it('counts every byte of both directions', async () => {
    const { proxy } = await start();
    const sent = 'GET /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n';
    const socket = connect(proxy.port, '127.0.0.1');
    let received = 0;
    socket.on('data', (chunk) => void (received += chunk.length));
    socket.write(sent);
    await new Promise((resolve) => void socket.on('close', resolve));
    await until(() => proxy.counts.openConnections === 0);
    expect(proxy.counts).toMatchObject({ sentUpBytes: sent.length, sentDownBytes: received });
  });

  it('takes its time in both directions, once for an answer of many pieces', async () => {
    const { proxy, post } = await start({ delayMs: 100 }, { chat: () => 'word '.repeat(50) });
    const fromMs = performance.now();
    await (await post({ ...ASK, stream: true })).text();
    expect(performance.now() - fromMs).toBeGreaterThanOrEqual(199);
    expect(performance.now() - fromMs).toBeLessThan(4000);
    proxy.delayMs(0);
    expect((await post()).status).toBe(200);
  });

  it('knows when a client leaves, and leaves the server too', async () => {
    const { upstream, proxy, post } = await start({}, { chat: () => new Promise(() => {}) });
    const controller = new AbortController();
    const asked = post(ASK, { signal: controller.signal });
    await until(() => upstream.counts.chat === 1);
    controller.abort();
    await expect(asked).rejects.toThrow('aborted');
    await until(() => upstream.counts.cancelled === 1 && proxy.counts.cancelled === 1);
    expect(proxy.counts).toMatchObject({ answered: 0, upstreamFailed: 0 });
  });

  it('breaks the connection when the server is gone', async () => {
    const { upstream, proxy, post } = await start();
    await upstream.close();
    await expect(post()).rejects.toThrow('fetch failed');
    expect(proxy.counts).toMatchObject({ upstreamFailed: 1, cancelled: 0, answered: 0 });
  });
});

describe('faults', () => {
  const bodyError = async (response: Response): Promise<unknown> =>
    response.text().then(String, (error: unknown) => error);

  it('reset: no answer, and the server never hears of it', async () => {
    const { upstream, proxy, post } = await start(only('reset'));
    await expect(post()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(upstream.counts.chat).toBe(0);
    expect(proxy.counts).toMatchObject({ faults: { reset: 1 }, cancelled: 0, answered: 0 });
  });

  it('lost-answer: no answer, though the server gave one', async () => {
    const { upstream, post } = await start(only('lost-answer'));
    await expect(post()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    expect(upstream.counts).toMatchObject({ chat: 1, cancelled: 0 });
  });

  it.each(['reset-mid-body', 'short-body'] as const)('%s: a body that breaks off', async (fault) => {
    const { proxy, post } = await start(only(fault));
    const response = await post();
    expect(response.status).toBe(200);
    expect(await bodyError(response)).toBeInstanceOf(TypeError);
    expect(proxy.counts).toMatchObject({ cancelled: 0, answered: 0 });
  });

  it('truncated-json: the length is right and the JSON is not', async () => {
    const { post } = await start(only('truncated-json'));
    const response = await post();
    const text = await response.text();
    expect(text.length).toBe(Number(response.headers.get('content-length')));
    expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError);
    expect(text).toMatch(/^\{"id":/);
  });

  it.each([
    ['too-many-requests', 429, '7'],
    ['server-error', 500, null],
    ['unavailable', 503, '7'],
  ] as const)('%s: %d', async (fault, status, retryAfter) => {
    const { upstream, post } = await start(only(fault, { retryAfterSeconds: 7 }));
    const response = await post();
    expect(response.status).toBe(status);
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    expect(await response.json()).toMatchObject({ error: { message: 'A fault on purpose.' } });
    expect(upstream.counts.chat).toBe(0);
  });

  it('html: a page with status 200', async () => {
    const { post } = await start(only('html'));
    const response = await post();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/html');
    expect(await response.text()).toContain('<!doctype html>');
  });

  it('redirect: to another host, which sees who follows', async () => {
    const { proxy, post } = await start(only('redirect'));
    const response = await post(ASK, { redirect: 'manual' });
    expect(response.status).toBe(307);
    const location = response.headers.get('location') ?? '';
    expect(new URL(location).hostname).not.toBe(new URL(proxy.url).hostname);
    expect(proxy.counts.redirected).toEqual({ requests: 0, withKey: 0 });
    await fetch(location, { headers: { authorization: 'Bearer secret' } });
    expect(proxy.counts.redirected).toEqual({ requests: 1, withKey: 1 });
  });

  it('wrong-schema: JSON that nobody expects', async () => {
    const { post } = await start(only('wrong-schema'));
    expect(await (await post()).json()).not.toMatchObject(RIGHT);
  });

  it('huge-body: goes on until the client has had enough, in no more memory than is on the way', async () => {
    const { proxy, post } = await start(only('huge-body'));
    const response = await post();
    const reader = response.body?.getReader();
    let bytes = 0;
    while (bytes < 32 * 1024 ** 2) bytes += (await reader?.read())?.value?.length ?? Infinity;
    await reader?.cancel();
    await until(() => proxy.counts.cancelled === 1);
    expect(bytes).toBeLessThan(64 * 1024 ** 2);
    expect(proxy.counts.sentDownBytes).toBeLessThan(256 * 1024 ** 2);
  });

  it('huge-body: ends at last', async () => {
    const { post } = await start(only('huge-body', { hugeBytes: 200_000 }));
    const parsed = (await (await post()).json()) as { data: string };
    expect(parsed.data.length).toBeGreaterThanOrEqual(200_000);
  });

  it('black-hole: nothing, until the client leaves', async () => {
    const { upstream, proxy, giveUp } = await start(only('black-hole'));
    await giveUp();
    await until(() => proxy.counts.cancelled === 1);
    expect(upstream.counts.chat).toBe(0);
  });

  it('slow-loris: the right answer, byte by byte', async () => {
    const { post } = await start(only('slow-loris', { dripMs: 1 }));
    const response = await post();
    expect(await response.json()).toMatchObject(RIGHT);
    const dripping = await start(only('slow-loris', { dripMs: 60_000 }));
    const slow = await dripping.post();
    const reader = slow.body?.getReader();
    expect((await reader?.read())?.value?.length).toBe(1);
    await reader?.cancel();
    await until(() => dripping.proxy.counts.cancelled === 1);
  });

  it('stall: the right answer, late; the server hears nothing of a request that is given up', async () => {
    const { upstream, proxy, post, giveUp } = await start(only('stall', { stallMs: 100 }));
    const fromMs = performance.now();
    expect(await (await post()).json()).toMatchObject(RIGHT);
    expect(performance.now() - fromMs).toBeGreaterThanOrEqual(99);
    proxy.setFaults({ stallMs: 60_000 });
    await giveUp();
    await until(() => proxy.counts.cancelled === 1);
    expect(upstream.counts.chat).toBe(1);
  });

  it('spare a connection that goes on afterwards', async () => {
    const { proxy, post } = await start(only('server-error'));
    await (await post()).text();
    proxy.setFaults({ rates: {} });
    expect(await (await post()).json()).toMatchObject(RIGHT);
  });

  it('meet the same requests in every run, at about their rates', async () => {
    const statuses = async (seed: number): Promise<number[]> => {
      const { post, proxy } = await start({ rates: { 'server-error': 0.2, unavailable: 0.1 } }, {}, seed);
      const seen: number[] = [];
      for (let count = 0; count < 200; count += 1) {
        const response = await post();
        await response.text();
        seen.push(response.status);
      }
      expect(proxy.counts.faults['server-error']).toBe(seen.filter((status) => status === 500).length);
      return seen;
    };
    const [first, again, other] = [await statuses(7), await statuses(7), await statuses(8)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    const failed = first.filter((status) => status !== 200).length;
    expect(failed).toBeGreaterThan(35);
    expect(failed).toBeLessThan(85);
  });

  it('are limited to paths where the plan says so', async () => {
    const { proxy, post } = await start(only('server-error', { paths: /embeddings/ }));
    expect((await post()).status).toBe(200);
    expect((await fetch(`${proxy.url}/v1/embeddings`, { method: 'POST', body: '{}' })).status).toBe(500);
  });

  it('cannot be more likely than certain', async () => {
    expect(() => faultOf({ reset: 0.6, html: 0.6 }, 0)).toThrow(RangeError);
    await expect(startFaultProxy({ target: 1, plan: { rates: { reset: 2 } } })).rejects.toThrow(RangeError);
  });

  it('draw each fault by its rate', () => {
    const random = seeded(3);
    const rates = Object.fromEntries(FAULTS.map((fault) => [fault, 0.05]));
    const drawn = new Map<Fault | undefined, number>();
    for (let count = 0; count < 20_000; count += 1) {
      const fault = faultOf(rates, random());
      drawn.set(fault, (drawn.get(fault) ?? 0) + 1);
    }
    for (const fault of FAULTS) expect((drawn.get(fault) ?? 0) / 20_000).toBeCloseTo(0.05, 1);
    expect((drawn.get(undefined) ?? 0) / 20_000).toBeCloseTo(1 - 0.05 * FAULTS.length, 1);
  });

  it('delay by a distribution where the plan names one', () => {
    const random = seeded(5);
    const even = Array.from({ length: 1000 }, () => delayOf({ minMs: 10, maxMs: 20 }, random));
    expect(Math.min(...even)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...even)).toBeLessThanOrEqual(20);
    const skewed = Array.from({ length: 1001 }, () => delayOf({ medianMs: 20, sigma: 0.5 }, random)).toSorted(
      (a, b) => a - b,
    );
    expect(skewed[500]).toBeCloseTo(20, -1);
    expect(Math.min(...skewed)).toBeGreaterThan(0);
  });
});

describe('the plug', () => {
  it('black hole: what is under way never arrives, and new requests work when it ends', async () => {
    let letGo = (): void => {};
    const gate = new Promise<void>((resolve) => void (letGo = resolve));
    const { upstream, proxy, post, giveUp } = await start({}, { chat: () => gate.then(() => 'late') });
    const leaving = new AbortController();
    const underWay = post(ASK, { signal: leaving.signal });
    await until(() => upstream.counts.chat === 1);
    proxy.blackHole(true);
    letGo();
    await giveUp();
    expect(upstream.counts.chat).toBe(1);
    proxy.blackHole(false);
    expect((await post()).status).toBe(200);
    leaving.abort();
    await expect(underWay).rejects.toThrow('aborted');
    await until(() => proxy.counts.cancelled === 2);
  });

  it('down and up: refused, and at the same port again', async () => {
    const { upstream, proxy, post } = await start({}, { chat: () => new Promise(() => {}) });
    const underWay = post();
    underWay.catch(() => {});
    await until(() => upstream.counts.chat === 1);
    await proxy.down();
    await expect(underWay).rejects.toThrow('fetch failed');
    await expect(post()).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    upstream.script({ chat: () => 'back' });
    await proxy.up();
    expect((await post()).status).toBe(200);
    expect(proxy.counts).toMatchObject({ cancelled: 0, answered: 1 });
  });
});
