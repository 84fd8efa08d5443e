import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_CACHE_SETTINGS } from '../../cache/cache-settings.js';
import { createMemoryResponseCache } from '../../cache/memory-response-cache.js';
import { createFakeClock, type FakeClock } from '../../testing/fake-clock.js';
import { createMemoryLedger } from '../../testing/memory-ledger.js';
import { exampleEndpoint } from '../../testing/example-endpoint.js';
import { createForwardCache, type ForwardAsk, type ForwardCache, type ForwardedTo } from './forward-cache.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

const answerOf = (reason: string | null, choices = 1): string =>
  JSON.stringify({ choices: Array.from({ length: choices }, () => ({ finish_reason: reason, message: {} })) });

const CHAT: ForwardAsk = {
  endpoint: { ...exampleEndpoint({ id: 'site' }), placement: 'site' },
  body: { messages: [{ role: 'user', content: 'hello' }], temperature: 0 },
  tenant: 'alice',
  wish: undefined,
  signal: undefined,
};

let cache: ForwardCache;
let ledger: ReturnType<typeof createMemoryLedger>;
let clock: FakeClock;
let body: string;
let computed: number;
let identity: string;
let failures: unknown[];

beforeEach(() => {
  [body, computed, identity, failures, clock] = [answerOf('stop'), 0, 'e1', [], createFakeClock()];
  ledger = createMemoryLedger();
  cache = createForwardCache({
    store: createMemoryResponseCache(),
    settings: DEFAULT_CACHE_SETTINGS,
    identity: () => identity,
    clock,
    startHash,
    ledger,
    newId: () => 'again',
    catalogRevision: () => 'c1',
    onFailure: (error) => failures.push(error),
  });
});

const answered = (requestId: string, answer: string | AsyncIterable<string | Uint8Array> = body) => ({
  requestId,
  contentType: typeof answer === 'string' ? 'application/json' : 'text/event-stream',
  body: answer,
  costUsd: 0.5,
  sentBytes: 1,
  redacted: {},
  usage: { inputTokens: 5, outputTokens: 4 },
  spentBudget: undefined,
});

/** What is kept is kept behind the caller's back. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve));

const ask = async (changed: Partial<ForwardAsk> = {}) => {
  const answer = await cache.answer({ ...CHAT, ...changed }, async () => answered(`computed-${++computed}`));
  await aWhile();
  return answer;
};

describe('a chat that is passed on', () => {
  it('is answered from memory when it comes again, word for word', async () => {
    expect((await ask()).outcome).toBe('miss');
    const again = {
      requestId: 'again',
      contentType: 'application/json',
      body,
      costUsd: 0,
      spentBudget: undefined,
      outcome: 'exact',
    };
    expect(await ask()).toEqual(again);
    expect(computed).toBe(1);
  });

  it('is a request of the ledger when it is answered again, which costs nothing', async () => {
    await ask();
    await ask();
    await cache.flush();
    expect(await ledger.outcomes({ limit: 9 })).toEqual([
      expect.objectContaining({
        requestId: 'again',
        task: 'chat',
        tier: 'site',
        key: 'alice',
        catalogRevision: 'c1',
        costUsd: 0,
        tokens: 0,
        textBytes: JSON.stringify(CHAT.body).length,
        cache: { kind: 'exact', savedUsd: 0.5, savedTokens: 9, savedMs: 0 },
      }),
    ]);
  });

  it('is written down as it was asked, whatever becomes of it before the ledger is written', async () => {
    const given = structuredClone(CHAT.body);
    await ask({ body: given });
    await ask({ body: given });
    Object.assign(given, { messages: [], secret: 'x'.repeat(999) });
    await cache.flush();
    expect(await ledger.outcomes({ limit: 9 })).toMatchObject([{ textBytes: JSON.stringify(CHAT.body).length }]);
  });

  it.each<[string, Partial<ForwardAsk>]>([
    ['another key', { tenant: 'bob' }],
    ['no key', { tenant: '' }],
    ['another endpoint', { endpoint: exampleEndpoint({ id: 'cloud' }) }],
    ['another parameter', { body: { ...CHAT.body, top_p: 0.5 } }],
    ['another text', { body: { ...CHAT.body, messages: [] } }],
  ])('is another one with %s', async (_, changed) => {
    await ask();
    expect((await ask(changed)).outcome).toBe('miss');
  });

  it('is another one when endpoints have changed', async () => {
    await ask();
    identity = 'e2';
    expect((await ask()).outcome).toBe('miss');
  });

  it.each<[string, Partial<ForwardAsk>]>([
    ['draws at random', { body: { messages: [] } }],
    ['draws twice', { body: { ...CHAT.body, n: 2 } }],
    ['says so', { wish: 'off' }],
  ])('is neither looked up nor kept where it %s', async (_, changed) => {
    expect((await ask(changed)).outcome).toBe('bypass');
    expect((await ask(changed)).outcome).toBe('bypass');
  });

  it('is computed anew where it says so', async () => {
    await ask();
    body = answerOf('length');
    expect((await ask({ wish: 'refresh' })).outcome).toBe('miss');
    expect((await ask()).body).toBe(body);
  });

  it.each([
    ['a tool call', answerOf('tool_calls')],
    ['what was filtered', answerOf('content_filter')],
    ['what has no end', answerOf(null)],
    ['two answers', answerOf('stop', 2)],
    ['an error', '{"error":{"message":"busy"},"choices":[{"finish_reason":"stop"}]}'],
    ['no JSON', 'busy'],
    ['null', 'null'],
    ['null for an answer', '{"choices":[null]}'],
  ])('of which %s comes back is not kept', async (_, answer) => {
    body = answer;
    await ask();
    expect((await ask()).outcome).toBe('miss');
    expect(failures).toEqual([]);
  });

  it('is not kept when it was computed from what has been forgotten since', async () => {
    let open = (): void => undefined;
    const slow = cache.answer(CHAT, async () => {
      await new Promise<void>((resolve) => (open = resolve));
      return answered('slow');
    });
    await aWhile();
    await cache.settle();
    open();
    await slow;
    expect((await ask()).outcome).toBe('miss');
    expect((await ask()).outcome).toBe('exact');
  });

  it('is another one with a schema that has its fields in another order', async () => {
    const schema = (properties: object) => ({ body: { ...CHAT.body, response_format: { properties } } });
    await ask(schema({ why: {}, answer: {} }));
    expect((await ask(schema({ answer: {}, why: {} }))).outcome).toBe('miss');
    const { temperature, messages } = CHAT.body;
    await ask();
    expect((await ask({ body: { temperature, messages } })).outcome).toBe('exact');
  });

  it('is passed on though it is nested too deeply to be a key', async () => {
    let deep: object = {};
    for (let i = 0; i < 50_000; i++) deep = { items: deep };
    expect((await ask({ body: { ...CHAT.body, tools: [deep] } })).outcome).toBe('bypass');
  });

  it('fails as it failed, and the next one is computed', async () => {
    const broken = (): Promise<never> => Promise.reject(new Error('busy'));
    await expect(cache.answer(CHAT, broken)).rejects.toThrow('busy');
    expect((await ask()).outcome).toBe('miss');
  });
});

describe('the same chat twice at a time', () => {
  const slowly = () => {
    const calls: { signal: AbortSignal | undefined; open: () => void; fail: (error: Error) => void }[] = [];
    const compute = (signal: AbortSignal | undefined): Promise<ReturnType<typeof answered>> =>
      new Promise((resolve, fail) => {
        const number = calls.length;
        calls.push({ signal, open: () => resolve(answered(`computed-${number}`)), fail });
      });
    return { calls, ask: (changed: Partial<ForwardAsk> = {}) => cache.answer({ ...CHAT, ...changed }, compute) };
  };

  it('is passed on once, and paid for once', async () => {
    const { calls, ask: join } = slowly();
    const both = Promise.all([join(), join()]);
    await aWhile();
    calls[0]!.open();
    const [first, second] = await both;
    expect(calls).toHaveLength(1);
    expect(first).toMatchObject({ requestId: 'computed-0', costUsd: 0.5, body, outcome: 'miss' });
    expect(second).toMatchObject({ requestId: 'again', costUsd: 0, body, outcome: 'exact' });
    await cache.flush();
    expect(await ledger.outcomes({ limit: 9 })).toMatchObject([{ requestId: 'again', cache: { savedTokens: 9 } }]);
  });

  it('is passed on for each key, and for each who wants it anew', async () => {
    const { calls, ask: join } = slowly();
    const all = Promise.all([join(), join({ tenant: 'bob' }), join({ wish: 'refresh' })]);
    await aWhile();
    for (const { open } of calls) open();
    expect((await all).map(({ outcome }) => outcome)).toEqual(['miss', 'miss', 'miss']);
  });

  it('goes on while somebody waits for it, and is given up with the last one', async () => {
    const { calls, ask: join } = slowly();
    const leaving = [new AbortController(), new AbortController()];
    const all = Promise.allSettled(leaving.map(({ signal }) => join({ signal })));
    await aWhile();
    leaving[0]!.abort(new Error('left'));
    await aWhile();
    expect(calls[0]!.signal!.aborted).toBe(false);
    leaving[1]!.abort(new Error('left'));
    expect(await all).toMatchObject([{ reason: { message: 'left' } }, { reason: { message: 'left' } }]);
    expect(calls.map(({ signal }) => signal!.aborted)).toEqual([true]);
  });

  it('fails for all who wait, and the next one is passed on', async () => {
    const { calls, ask: join } = slowly();
    const both = Promise.allSettled([join(), join()]);
    await aWhile();
    calls[0]!.fail(new Error('busy'));
    expect(await both).toMatchObject([{ reason: { message: 'busy' } }, { reason: { message: 'busy' } }]);
    expect((await ask()).outcome).toBe('miss');
  });
});

describe('a streamed chat that is passed on', () => {
  const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;
  const word = (content: string, reason: string | null = null): string =>
    event({ choices: [{ index: 0, delta: { content }, finish_reason: reason }] });
  const USAGE = event({ choices: [], usage: { prompt_tokens: 30, completion_tokens: 20 } });
  const DONE = 'data: [DONE]\n\n';
  const STREAM = [word('It is '), ': still here\n\n', word('21\u00a0\u20ac', 'stop'), USAGE, DONE];
  const utf8 = new TextEncoder();

  let pieces: readonly (string | Uint8Array)[];
  let wait: () => Promise<void>;
  let left: number;
  beforeEach(() => {
    [pieces, wait, left] = [STREAM, async () => undefined, 0];
  });

  const stream = (changed: Partial<ForwardAsk> = {}) =>
    cache.answer({ ...CHAT, body: { ...CHAT.body, stream: true }, ...changed }, async () => {
      const coming = async function* (): AsyncGenerator<string | Uint8Array> {
        try {
          for (const piece of pieces) {
            await wait();
            yield piece;
          }
        } finally {
          left++;
        }
      };
      return answered(`computed-${++computed}`, coming());
    });

  const read = async ({ body: answer }: ForwardedTo): Promise<string> => {
    if (typeof answer === 'string') return answer;
    const all: Uint8Array[] = [];
    for await (const piece of answer) all.push(typeof piece === 'string' ? utf8.encode(piece) : piece);
    await aWhile();
    return Buffer.concat(all).toString();
  };

  it('is told again as a stream, event by event as it was', async () => {
    const whole = utf8.encode(STREAM.join(''));
    // Wherever it was cut, be it in a character.
    pieces = [whole.subarray(0, 141), whole.subarray(141, 142), whole.subarray(142)];
    expect(await read(await stream())).toBe(STREAM.join(''));
    const again = await stream();
    expect(again).toMatchObject({ contentType: 'text/event-stream', costUsd: 0, outcome: 'exact' });
    expect(await read(again)).toBe(STREAM.join(''));
    expect(computed).toBe(1);
    await cache.flush();
    expect(await ledger.outcomes({ limit: 9 })).toMatchObject([{ requestId: 'again', cache: { savedTokens: 50 } }]);
  });

  it('is not the answer of one that is not streamed', async () => {
    await read(await stream());
    expect((await ask()).outcome).toBe('miss');
  });

  it.each<[string, readonly string[]]>([
    ['has no end', [word('a'), DONE]],
    ['was not told to its last word', [word('a', 'stop')]],
    ['calls a tool', [word('a', 'tool_calls'), DONE]],
    ['was filtered', [word('a', 'content_filter'), DONE]],
    ['ends twice', [word('a', 'stop'), word('b', 'stop'), DONE]],
    ['has failed', [word('a', 'stop'), event({ error: { message: 'busy' }, choices: [] }), DONE]],
    ['is two answers', [event({ choices: [{ index: 1, finish_reason: 'stop' }] }), DONE]],
    ['tells other events', [`event: error\n${word('a', 'stop')}`, DONE]],
    ['is no JSON', ['data: a\n\n', word('a', 'stop'), DONE]],
    ['is larger than what is kept', [word('a'.repeat(300_000), 'stop'), DONE]],
  ])('that %s is passed on, and not kept', async (_, events) => {
    pieces = events;
    expect(await read(await stream())).toBe(events.join(''));
    expect((await stream()).outcome).toBe('miss');
    expect(failures).toEqual([]);
  });

  it('that is no text, or breaks off, is not kept', async () => {
    pieces = [Uint8Array.of(0xc3), DONE];
    await read(await stream());
    wait = () => Promise.reject(new Error('reset'));
    const broken = await stream();
    expect(broken.outcome).toBe('miss');
    await expect(read(broken)).rejects.toThrow('reset');
    expect((await stream()).outcome).toBe('miss');
  });

  it('is told to all who ask meanwhile, each from its beginning', async () => {
    const steps: (() => void)[] = [];
    wait = () => new Promise((resolve) => steps.push(resolve));
    const first = await stream();
    const reading = read(first);
    steps.shift()!();
    await aWhile();
    const second = await stream();
    expect([first.outcome, second.outcome]).toEqual(['miss', 'exact']);
    const readingToo = read(second);
    for (let i = 1; i < STREAM.length; i++) {
      steps.shift()!();
      await aWhile();
    }
    expect(await Promise.all([reading, readingToo])).toEqual([STREAM.join(''), STREAM.join('')]);
    expect(computed).toBe(1);
  });

  it('ends when the last one has left, be it that nobody read any of it', async () => {
    const [first, second] = [await stream(), await stream()];
    const leave = ({ body: answer }: ForwardedTo) => (answer as AsyncIterableIterator<string>).return!();
    await leave(first);
    expect(await read(second)).toBe(STREAM.join(''));
    [pieces, left] = [[word('a'), ...STREAM], 0];
    const [third, fourth] = [await stream({ wish: 'refresh' }), await stream({ wish: 'refresh' })];
    await (third.body as AsyncIterableIterator<string>).next();
    await Promise.all([leave(third), leave(fourth)]);
    await aWhile();
    expect(left).toBe(1);
  });
});
