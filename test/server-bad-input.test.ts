import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { createKeyDoor, systemClock, type ServerKey } from '@terrace/node-host';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EASY } from './support/answers.js';
import { postRaw, requestHead, sendRaw, type RawReply } from './support/raw-http.js';
import { serverOfThisFile } from './support/running-server.js';

const MIB = 2 ** 20;
/** What a server may grow while it refuses hundreds of megabytes: buffers that wait for the collector. */
const FLAT_BYTES = 192 * MIB;

const server = serverOfThisFile({ limits: { headersMs: 3_000, receiveMs: 4_000 } });

const OPENAI = {
  error: {
    message: expect.any(String) as string,
    type: expect.any(String) as string,
    param: expect.toSatisfy((param: unknown) => param === null || typeof param === 'string') as unknown,
    code: expect.any(String) as string,
  },
};
const OIP = { error: expect.any(String) as string };
const NATIVE = {
  error: {
    code: expect.any(String) as string,
    message: expect.any(String) as string,
    hint: expect.any(String) as string,
    facts: expect.any(Object) as object,
  },
};

/** Every route that reads a body: a request that is well, and the form of its errors. */
const ROUTES = [
  {
    path: '/v1/chat/completions',
    shape: OPENAI,
    good: (text: string): object => ({ model: 'nano:clinc150', messages: [{ role: 'user', content: text }] }),
  },
  {
    path: '/v1/embeddings',
    shape: OPENAI,
    good: (text: string): object => ({ model: 'nano', input: [text] }),
  },
  {
    path: '/v2/models/nano:clinc150/infer',
    shape: OIP,
    good: (text: string): object => ({ inputs: [{ name: 'text', shape: [1], datatype: 'BYTES', data: [text] }] }),
  },
  {
    path: '/v1/infer',
    shape: NATIVE,
    good: (text: string): object => ({ text, domain: 'clinc150', policy: 'nano' }),
  },
] as const;

/** It is refused in the form of the interface, and the next request is answered. */
function expectRefusal({ status, body }: RawReply, shape: object, wanted = 400): void {
  expect({ status, body }).toEqual({ status: wanted, body: shape });
}

async function expectAlive(): Promise<void> {
  for (const { path, good } of ROUTES) {
    const { status } = await postRaw(server.port, path, JSON.stringify(good(EASY)));
    expect([path, status]).toEqual([path, 200]);
  }
}

describe.each(ROUTES)('$path', ({ path, shape, good }) => {
  const deep = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  const well = JSON.stringify(good(EASY));

  it.each<[string, string | Buffer]>([
    ['nothing', ''],
    ['half an object', well.slice(0, -5)],
    ['an object and more', `${well}{}`],
    ['a list', '[]'],
    ['null', 'null'],
    ['a string', '"text"'],
    ['a number', '1e999'],
    ['an empty object', '{}'],
    ['bytes that are not UTF-8', Buffer.concat([Buffer.from(well.slice(0, -1)), Buffer.from([0xff, 0x7d])])],
    ['a text that is not UTF-8', Buffer.from(well.replace('credit', '\xff\xfe'), 'latin1')],
    ['UTF-16', Buffer.from(well, 'utf16le')],
    ['a hundred levels', `{"a":${deep(100)}}`],
    ['a million levels', deep(1_000_000)],
    ['an unknown field', well.replace('{', '{"no_such_field":1,')],
    ['a field that is no field', well.replace('{', '{"__proto__":{"text":"a"},')],
    ['a text with NUL', JSON.stringify(good('a\0b'))],
    ['half a surrogate pair', JSON.stringify(good('a\ud83d'))],
    ['an empty text', JSON.stringify(good(''))],
    ['white space for a text', JSON.stringify(good(' \n'))],
    ['a text of a megabyte', JSON.stringify(good('x'.repeat(MIB)))],
    ['a number for a text', well.replace(JSON.stringify(EASY), '7')],
    ['an object for a text', well.replace(JSON.stringify(EASY), '{"a":1}')],
  ])('refuses %s', async (_, body) => {
    expectRefusal(await postRaw(server.port, path, body), shape);
  });

  it('refuses what it was not asked for in', async () => {
    const reply = await postRaw(server.port, path, 'text=hello', {
      'content-type': 'application/x-www-form-urlencoded',
    });
    expect([400, 415]).toContain(reply.status);
    expect(reply.body).toEqual(shape);
    expectRefusal(
      await sendRaw(server.port, (socket) => void socket.write(`PUT ${requestHead(path).slice(5)}`)),
      shape,
      405,
    );
  });

  it('never says a word of what it was sent', async () => {
    const secret = 'my secret';
    for (const body of [
      `{"${secret}`,
      JSON.stringify(good(`${secret}\0`)),
      JSON.stringify({ ...good(EASY), model: 7, policy: { [secret]: secret }, inputs: secret, input: { [secret]: 1 } }),
    ]) {
      const reply = await postRaw(server.port, path, body);
      expect(reply.status).toBe(400);
      expect(JSON.stringify(reply.body)).not.toContain('secret');
    }
  });

  it('refuses a body of 100 MB that says so, before it comes', async () => {
    const reply = await sendRaw(server.port, (socket) => {
      socket.write(requestHead(path, { 'content-length': 100 * MIB }));
    });
    expectRefusal(reply, shape, 413);
  });

  it('either answers or refuses, whatever the bytes are', { timeout: 60_000 }, async () => {
    const noise = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
    const json = fc.jsonValue({ maxDepth: 3 }).map((value) => Buffer.from(JSON.stringify(value)));
    // A good request with some bytes exchanged.
    const damaged = fc
      .array(fc.tuple(fc.nat(well.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => {
        const bytes = Buffer.from(well);
        for (const [at, byte] of changes) bytes[at] = byte;
        return bytes;
      });
    await fc.assert(
      fc.asyncProperty(fc.oneof(noise, json, damaged), async (body) => {
        const reply = await postRaw(server.port, path, body);
        if (reply.status === 200) return;
        expect([400, 404, 422]).toContain(reply.status);
        expect(reply.body).toEqual(shape);
      }),
      { numRuns: 60 },
    );
  });
});

describe('models and keys', () => {
  const asked = (model: string) => ({ ...ROUTES[0].good(EASY), model });

  it.each(['no-such', 'nano:no-such', '../../etc/passwd', 'nano:clinc150/no-such', 'x'.repeat(10_000), '\u202e'])(
    'does not know the model %s',
    async (model) => {
      const chat = await postRaw(server.port, '/v1/chat/completions', JSON.stringify(asked(model)));
      expect([400, 404]).toContain(chat.status);
      expect(chat.body).toEqual(OPENAI);
      const infer = await postRaw(server.port, `/v2/models/${encodeURIComponent(model)}/infer`, '{}');
      expect([400, 404, 414]).toContain(infer.status);
      expect(infer.body).toEqual(OIP);
    },
  );

  it('ignores keys where none are configured', async () => {
    const body = JSON.stringify(ROUTES[0].good(EASY));
    const authorization = `Bearer ${'x'.repeat(5_000)}`;
    expect((await postRaw(server.port, ROUTES[0].path, body, { authorization })).status).toBe(200);
  });
});

describe('a server with keys', () => {
  const key = (name: string, token: string, more: Partial<ServerKey> = {}): ServerKey => ({
    name,
    hash: createHash('sha256').update(token).digest('hex'),
    createdAt: '2026-01-01T00:00:00Z',
    ...more,
  });
  const keys = [
    key('good', 'good-token'),
    key('old', 'old-token', { expiresAt: '2026-01-02T00:00:00Z' }),
    key('narrow', 'narrow-token', { models: ['base'] }),
  ];
  const locked = serverOfThisFile({ door: createKeyDoor(() => keys, systemClock) });

  describe.each(ROUTES)('$path', ({ path, shape, good }) => {
    const body = JSON.stringify(good(EASY));

    it.each<[string, Record<string, string>]>([
      ['no key', {}],
      ['a wrong key', { authorization: 'Bearer good-tokens' }],
      ['an expired key', { authorization: 'Bearer old-token' }],
      ['a key of another kind', { authorization: 'Basic Z29vZC10b2tlbg==' }],
      ['an endless key', { authorization: `Bearer ${'good-token'.repeat(500)}` }],
      ['an empty key', { authorization: 'Bearer ' }],
    ])('refuses %s', async (_, headers) => {
      const reply = await postRaw(locked.port, path, body, headers);
      expectRefusal(reply, shape, 401);
      expect(JSON.stringify(reply.body)).not.toContain('good-token');
    });

    it('refuses a wrong key before it reads a body', async () => {
      const reply = await sendRaw(locked.port, (socket) => {
        socket.write(requestHead(path, { 'content-length': MIB, authorization: 'Bearer wrong' }));
      });
      expectRefusal(reply, shape, 401);
    });

    it('refuses a key for another model', async () => {
      const reply = await postRaw(locked.port, path, body, { authorization: 'Bearer narrow-token' });
      expectRefusal(reply, shape, 403);
    });

    it('takes a good key', async () => {
      expect((await postRaw(locked.port, path, body, { authorization: 'Bearer good-token' })).status).toBe(200);
    });
  });
});

describe('connections', () => {
  it.each([
    ['one header that is too large', `x-bomb: ${'x'.repeat(1_000_000)}\r\n`],
    ['headers that are too many', 'x-bomb: 1\r\n'.repeat(50_000)],
  ])('are refused with %s', async (_, headers) => {
    for (const { path, shape } of ROUTES) {
      const reply = await sendRaw(server.port, (socket) => {
        socket.write(`${requestHead(path).trimEnd()}\r\n${headers}\r\n`);
      });
      expectRefusal(reply, shape, 431);
    }
    await expectAlive();
  });

  it.each([
    // Before its headers are whole, nobody knows which interface a request is for.
    ['headers', 'POST /v1/embeddings HTTP/1.1\r\nhost: x\r\nx-slow: ', NATIVE],
    ['a body', `${requestHead('/v1/embeddings', { 'content-length': 10_000 })}{"model":"`, OPENAI],
  ])('are given up when %s come byte by byte', { timeout: 20_000 }, async (_, start, shape) => {
    const reply = await sendRaw(server.port, async (socket) => {
      socket.write(start);
      while (!socket.destroyed && !socket.readableEnded) {
        socket.write('x');
        await sleep(50);
      }
    });
    expectRefusal(reply, shape, 408);
    await expectAlive();
  });

  it('answer others while many are slow', { timeout: 20_000 }, async () => {
    const slow = Array.from({ length: 200 }, () =>
      sendRaw(server.port, (socket) => void socket.write('POST /v1/embeddings HTTP/1.1\r\nhost: x\r\nx-slow: ')),
    );
    await expectAlive();
    for (const { status } of await Promise.all(slow)) expect(status).toBe(408);
  });

  it('are closed by clients in the middle of anything', async () => {
    const body = JSON.stringify(ROUTES[0].good(EASY));
    const whole = requestHead(ROUTES[0].path, { 'content-length': body.length }) + body;
    for (let cut = 1; cut < whole.length; cut += 17) {
      await sendRaw(server.port, (socket) => void socket.write(whole.slice(0, cut), () => socket.destroy()));
    }
    await expectAlive();
  });
});

describe('memory', () => {
  /** Resident memory while something goes on, above what it was before. */
  async function growthDuring(work: () => Promise<void>): Promise<number> {
    const before = process.memoryUsage.rss();
    let most = before;
    const look = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 5);
    await work();
    clearInterval(look);
    return most - before;
  }

  it('stays flat under bodies of 100 MB without a length', { timeout: 60_000 }, async () => {
    const piece = Buffer.concat([Buffer.from(`${MIB.toString(16)}\r\n`), Buffer.alloc(MIB, 0x20), Buffer.from('\r\n')]);
    const flood = (path: string) =>
      sendRaw(server.port, async (socket) => {
        const closed = once(socket, 'close').catch(() => undefined);
        socket.write(requestHead(path, { 'transfer-encoding': 'chunked' }));
        for (let sent = 0; sent < 100 && !socket.destroyed; sent++) {
          if (!socket.write(piece)) await Promise.race([once(socket, 'drain').catch(() => undefined), closed]);
        }
        socket.end('0\r\n\r\n');
      });
    const growth = await growthDuring(async () => {
      for (const { path, shape } of ROUTES) {
        const { status, body } = await flood(path);
        // A client that is still sending may see the connection close before the refusal.
        if (status !== 0) expectRefusal({ status, body }, shape, 413);
      }
    });
    expect(growth).toBeLessThan(FLAT_BYTES);
    await expectAlive();
  });

  it('stays flat under hundreds of large bodies that are refused', { timeout: 60_000 }, async () => {
    const filler = 'x'.repeat(3 * MIB);
    const growth = await growthDuring(async () => {
      for (let round = 0; round < 25; round++) {
        for (const { path, good, shape } of ROUTES) {
          const reply = await postRaw(server.port, path, JSON.stringify(good(filler)));
          expectRefusal(reply, shape);
        }
      }
    });
    expect(growth).toBeLessThan(FLAT_BYTES);
    await expectAlive();
  });
});
