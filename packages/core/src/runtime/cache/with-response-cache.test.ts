import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { tenantOf } from '../../cache/tenant-of.js';
import type { RequestInput } from '../../request/parse-request.js';
import type { AnyOptions, AnyResult } from './answers.js';
import { CHAT, createWorld, told, type World } from './testing/cache-world.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

let w: World;
beforeEach(() => void (w = createWorld({ startHash })));

const chat = (changed: object): object => ({ ...CHAT, ...changed });
const generating = (generation: object): object => chat({ generation });
const LABELS: RequestInput = { text: 'my card is gone', domain: 'bank' };

describe('a request that was answered before', () => {
  it('gets the same answer as a request of its own that cost nothing', async () => {
    const first = await w.cached.run(CHAT);
    expect(first.cache).toBeUndefined();
    await w.cached.flush();
    w.clock.advance(5000);
    const again = await w.cached.run(CHAT, { requestId: 'mine' });
    expect(again).toStrictEqual({
      ...first,
      requestId: 'mine',
      costUsd: 0,
      sentBytes: 0,
      firstTokenMs: undefined,
      tokensPerSecond: undefined,
      timings: undefined,
      cache: {
        kind: 'exact',
        ageMs: 5000,
        from: first.requestId,
        score: undefined,
        maxWrongHitRate: undefined,
        saved: { costUsd: 0.25, tokens: 25, durationMs: 0 },
      },
      trace: [
        { kind: 'cache', hit: 'exact', ageMs: 5000, from: first.requestId, atMs: 0 },
        { kind: 'stop', reason: 'sure-enough', degraded: undefined, atMs: 0 },
      ],
    });
    expect(w.world.asked).toHaveLength(1);
    await w.cached.flush();
    expect(w.outcomes).toMatchObject([
      {
        requestId: 'mine',
        tier: 'small',
        path: 'small',
        tokens: 0,
        costUsd: 0,
        catalogRevision: 'c1',
        ladderRevision: 'l1',
        cache: { kind: 'exact', savedUsd: 0.25, savedTokens: 25, savedMs: 0 },
      },
    ]);
  });

  it('of labels has every number as it was', async () => {
    const first = await w.cached.run(LABELS);
    await w.cached.flush();
    const again = await w.cached.run(LABELS);
    expect(again.cache?.kind).toBe('exact');
    expect(again).toStrictEqual({ ...first, requestId: again.requestId, cache: again.cache, trace: again.trace });
  });

  it('of vectors is the same vector', async () => {
    const vector = Float32Array.from({ length: 384 }, (_, i) => Math.fround(Math.sin(i)));
    const output = { kind: 'embedding', vector: [...vector] } as const;
    w.world.change = (result) => ({ ...result, output, answer: { kind: 'embedding', vector } }) as AnyResult;
    const input = { task: 'feature-extraction', text: 'a' } as const;
    expect(await w.ask(input)).toBe('miss');
    const again = await w.cached.run(input);
    expect(again.cache?.kind).toBe('exact');
    expect(again.output).toStrictEqual(output);
    expect(again.answer).toStrictEqual({ kind: 'embedding', vector });
  });

  it('is found before what brought it is written', async () => {
    await w.cached.run(CHAT);
    expect((await w.cached.run(CHAT)).cache?.kind).toBe('exact');
  });

  it('streams as a stream: what happened, pieces of at most 4096 characters, the result', async () => {
    w.world.text = `${'ab'.repeat(2047)}a🙂 and so on ${'c'.repeat(5000)}`;
    const first = await told(w.stream(CHAT));
    expect(first.text).toBe(w.world.text);
    await w.cached.flush();
    const again = await told(w.stream(CHAT));
    expect(again.text).toBe(w.world.text);
    expect(again.steps.map(({ kind }) => kind)).toEqual(['trace', 'text', 'text', 'text', 'trace', 'result']);
    const pieces = again.steps.flatMap((step) => (step.kind === 'text' ? [step.text] : []));
    expect(pieces.every((text) => text.length <= 4096 && !/\p{Surrogate}/u.test(text))).toBe(true);
    const result = again.steps.at(-1)!;
    expect(result.kind === 'result' && result.result.cache?.kind).toBe('exact');
  });

  it('tells what is known of each token, where that is asked for', async () => {
    const input = generating({ topLogProbs: 1 });
    const first = await told(w.stream(input));
    await w.cached.flush();
    const again = await told(w.stream(input));
    const textsOf = ({ steps }: typeof first) => steps.filter(({ kind }) => kind === 'text');
    expect(textsOf(again)).toEqual(textsOf(first));
    expect(w.world.asked).toHaveLength(1);
    // A result says nothing of tokens.
    expect(await w.ask(input)).toBe('bypass');
  });

  it('waits for its turn where an order was asked for', async () => {
    await w.ask(CHAT);
    w.world.isSlow = true;
    const order: string[] = [];
    const slow = w.cached.run(LABELS, { inOrder: 'a' }).then(() => order.push('computed'));
    const quick = w.cached.run(CHAT, { inOrder: 'a' }).then(() => order.push('from memory'));
    await w.asked(2);
    w.world.open();
    await Promise.all([slow, quick]);
    expect(order).toEqual(['computed', 'from memory']);
  });
});

describe('where a deployment routes', () => {
  beforeEach(() => void (w = createWorld({ startHash, routes: ({ task }) => task === 'text-classification' })));

  it('what it may route is computed each time, also before it does', async () => {
    expect([await w.ask(LABELS), await w.ask(LABELS)]).toEqual(['bypass', 'bypass']);
  });

  it.each<[string, object]>([
    ['another task', { text: 'my card is gone', task: 'feature-extraction' }],
    ['a text', CHAT],
    ['another policy', { ...LABELS, policy: 'small' }],
  ])('%s is answered from memory', async (_, input) => {
    expect([await w.ask(input), await w.ask(input)]).toEqual(['miss', 'exact']);
  });
});

describe('what is another request', () => {
  const system = [{ role: 'system', content: 'Be long.' }, CHAT.messages![1]!];
  const tools = [{ name: 'look', parameters: { type: 'object' } }];
  it.each<[string, object, AnyOptions?]>([
    ['another system prompt', chat({ messages: system })],
    ['no system prompt', chat({ messages: [CHAT.messages![1]!] })],
    ['a tool', chat({ tools })],
    ['a schema', generating({ format: { kind: 'schema', schema: { type: 'object' } } })],
    ['another length', generating({ maxTokens: 3 })],
    ['a bias', generating({ logitBias: { 7: -1 } })],
    ['a seed', generating({ seed: 1 })],
    ['a domain', chat({ domain: 'bank' })],
    ['a demand', chat({ minConfidence: 0.9 })],
    ['a bound', chat({ maxRisk: 0.05 })],
    ['a nearer residency', chat({ residency: 'device' })],
    ['another policy', chat({ policy: 'small' })],
    ['a way to make it shorter', chat({ economy: { whitespace: true } })],
    ['a blank at the end', chat({ messages: [CHAT.messages![0]!, { ...CHAT.messages![1]!, content: 'a ' }] })],
    ['another key', CHAT, { key: 'alice' }],
    ['another tenant', chat({ cache: { tenant: 'bob' } })],
  ])('%s', async (_, input, options) => {
    await w.ask(CHAT);
    expect(await w.ask(input, options)).toBe('miss');
    expect(await w.ask(input, options)).toBe('exact');
    expect(await w.ask(CHAT)).toBe('exact');
  });

  it('is one whose schema, or tool, has its fields in another order: models follow it', async () => {
    const inOrder = (names: readonly string[]) => {
      const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
      return { type: 'object', properties };
    };
    const schema = (...names: string[]) => generating({ format: { kind: 'schema', schema: inOrder(names) } });
    const tool = (...names: string[]) => chat({ tools: [{ name: 'look', parameters: inOrder(names) }] });
    for (const of of [schema, tool]) {
      expect(await w.ask(of('why', 'answer'))).toBe('miss');
      expect(await w.ask(of('answer', 'why'))).toBe('miss');
      expect(await w.ask(of('why', 'answer'))).toBe('exact');
    }
  });

  it('but not one that only says it in another way, or waits otherwise', async () => {
    await w.ask(CHAT);
    const said = { ...CHAT, priority: 'low', deadlineMs: 99_000, holdMs: 0, generation: { temperature: 0 } };
    expect(await w.ask({ ...said, cache: { tags: ['a'] } })).toBe('exact');
  });

  it('is one of a key even if its tenant is called like another key', async () => {
    await w.ask(CHAT, { key: 'alice' });
    expect(await w.ask(chat({ cache: { tenant: 'alice' } }))).toBe('miss');
    expect(await w.ask(chat({ cache: { tenant: 'alice' } }), { key: 'bob' })).toBe('miss');
  });

  it('is any that is answered by other models, and nothing is kept that changed hands while it was computed', async () => {
    await w.ask(CHAT);
    w.identity.now = 'models-2';
    w.world.isSlow = true;
    const slow = w.cached.run(CHAT);
    await w.asked(2);
    w.identity.now = 'models-3';
    w.world.open();
    await slow;
    await w.cached.flush();
    expect((await w.store.stats()).entries).toBe(1);
    w.world.isSlow = false;
    expect(await w.ask(CHAT)).toBe('miss');
    w.identity.now = 'models-1';
    expect(await w.ask(CHAT)).toBe('exact');
  });
});

describe('what is not kept', () => {
  it.each<[string, object, AnyOptions?]>([
    ['is drawn at random', generating({ temperature: 0.7 })],
    ['is drawn twice', generating({ n: 2 })],
    ['is not to be', chat({ cache: 'off' })],
    ['the caller looks at', CHAT, { check: () => 1 }],
    ['waits in the queue', LABELS, { queuedId: 'q' }],
    ['is part of another one', LABELS, { partOf: 'p' }],
  ])('%s', async (_, input, options) => {
    expect(await w.ask(input, options)).toBe('bypass');
    expect(await w.ask(input, options)).toBe('bypass');
    expect(w.world.asked).toHaveLength(2);
    expect(w.world.asked[0]!.input).not.toHaveProperty('cache');
    expect((await w.store.stats()).entries).toBe(0);
  });

  const accept = { kind: 'accept', reason: 'top', calibrated: false, certificate: undefined, degraded: undefined };
  it.each<[string, object, object]>([
    ['an answer that abstains', CHAT, { verdict: { ...accept, kind: 'abstain' } }],
    ['one that is degraded', CHAT, { verdict: { ...accept, degraded: 'deadline' } }],
    ['one that waits for a better one', LABELS, { queued: 'q' }],
    ['one that a budget had a say in', CHAT, { trace: [{ kind: 'budget', budget: 'b', left: 0, atMs: 0 }] }],
    [
      'one that a deployment routed, whose live models change',
      CHAT,
      { trace: [{ kind: 'route', window: 'w', model: 'm', shares: { m: 1 }, atMs: 0 }] },
    ],
    ['a tool call', CHAT, finished('tool-calls')],
    ['what was filtered', CHAT, finished('content-filter')],
    ['what was cancelled', CHAT, finished('cancelled')],
    ['more than fits', CHAT, finished('stop', 'é'.repeat(150_000))],
  ])('%s', async (_, input, changed) => {
    w.world.change = (result) => ({ ...result, ...changed }) as AnyResult;
    expect(await w.ask(input)).toBe('miss');
    expect(await w.ask(input)).toBe('miss');
    expect((await w.store.stats()).entries).toBe(0);
    expect(w.failures).toEqual([]);
  });

  it('but what ended at its length is', async () => {
    w.world.change = (result) => ({ ...result, ...finished('length') }) as AnyResult;
    await w.ask(CHAT);
    expect(await w.ask(CHAT)).toBe('exact');
  });

  it('what was forgotten while it was computed', async () => {
    w.world.isSlow = true;
    const slow = w.cached.run(CHAT);
    await w.asked(1);
    await w.cached.cache.forget({ tag: 'any' });
    w.world.open();
    await slow;
    await w.cached.flush();
    expect((await w.store.stats()).entries).toBe(0);
  });
});

function finished(finishReason: string, text = 'a'): object {
  return { output: { kind: 'text', choices: [{ role: 'assistant', text, toolCalls: [], finishReason }] } };
}

describe('what a request says to the cache', () => {
  it('computes anew and replaces what was there', async () => {
    await w.ask(CHAT);
    w.world.text = 'Lyon.';
    expect(await w.ask(chat({ cache: 'refresh' }))).toBe('miss');
    const again = await w.cached.run(CHAT);
    expect(again.cache?.kind).toBe('exact');
    expect(again.output.choices[0]!.text).toBe('Lyon.');
  });

  it('computes anew for one tenant, under the tags that it has', async () => {
    const cache = { tenant: 'alice', tags: ['france'] };
    await w.ask(chat({ cache }));
    w.world.text = 'Lyon.';
    expect(await w.ask(chat({ cache: { ...cache, refresh: true } }))).toBe('miss');
    expect((await w.cached.run({ ...CHAT, cache })).output.choices[0]!.text).toBe('Lyon.');
    expect(await w.ask(CHAT)).toBe('miss');
    expect(await w.cached.cache.forget({ tag: 'france' })).toBe(1);
  });

  it('is refused where it is wrong, and says where', async () => {
    const ask = (cache: unknown) => w.cached.run({ ...CHAT, cache } as never);
    await expect(ask('always')).rejects.toMatchObject({ code: 'INVALID_REQUEST', message: /"cache"/ });
    await expect(ask({ ttlMs: 0 })).rejects.toThrow(/"cache/);
    await expect(ask({ tags: ['a b'] })).rejects.toThrow(/"cache/);
    await expect(ask(JSON.parse('{"__proto__":{"semantic":true},"x":1}'))).rejects.toThrow(/"cache/);
    expect(w.world.asked).toEqual([]);
  });

  it('leaves a request that is wrong to whoever answers', async () => {
    for (const input of [null, 7, [], {}, { task: 'text-generation' }, { ...CHAT, economy: { x: 1 } }]) {
      w.world.failure = new Error('refused');
      await expect(w.cached.run(input as never)).rejects.toThrow('refused');
    }
    let deep: object = {};
    for (let i = 0; i < 50_000; i++) deep = { items: deep };
    const tools = [{ name: 'look', parameters: deep }];
    for (const input of [generating({ format: { kind: 'schema', schema: deep } }), chat({ tools })])
      await expect(w.cached.run(input as never)).rejects.toThrow('refused');
    const odd = JSON.parse('{"task":"text-generation","text":"a","generation":{"logitBias":{"__proto__":5}}}');
    await expect(w.cached.run(odd)).rejects.toThrow('refused');
  });

  it('has answers forgotten by tag, by whose they are and all', async () => {
    await w.ask(chat({ cache: { tags: ['news'] } }));
    await w.ask(LABELS, { key: 'alice' });
    await w.ask({ ...LABELS, cache: { tenant: 'bob' } });
    await w.ask(LABELS);
    expect(await w.cached.cache.forget({ tag: 'news' })).toBe(1);
    expect(await w.ask(CHAT)).toBe('miss');
    expect(await w.cached.cache.forget({ tenant: 'carol' })).toBe(0);
    expect(await w.cached.cache.forget({ tenant: 'bob' })).toBe(1);
    expect(await w.ask({ ...LABELS, cache: { tenant: 'bob' } })).toBe('miss');
    expect(await w.cached.cache.forget({ tenant: tenantOf('alice', undefined) })).toBe(1);
    expect(await w.cached.cache.forget({ tenant: 'bob' })).toBe(1);
    await w.ask(LABELS, { key: 'alice' });
    expect(await w.ask(LABELS)).toBe('exact');
    expect(await w.cached.cache.forget({})).toBe(3);
    expect((await w.cached.cache.stats()).entries).toBe(0);
  });
});
