import { ContextExceededError, StructureUnmetError } from '@terrace/core/text';
import { exampleCatalog, exampleTextModel } from '@terrace/core/testing';
import { describe, expect, it, vi } from 'vitest';
import { createFakeText, type FakeText } from '../testing/fake-text.js';
import { openSocket, startServer } from '../testing/start-server.js';
import type { ServerOptions } from '../server-options.js';
import { openAiRoutes } from './openai-routes.js';

const base = exampleCatalog();
const catalog = { ...base, models: [...base.models, exampleTextModel('smol')] };
const start = (fake: FakeText, options: Partial<ServerOptions> = {}) =>
  startServer({ routes: [openAiRoutes], catalog: () => catalog, text: fake.text, ...options });
const PATH = '/v1/chat/completions';
const post = (payload: object, headers: Record<string, string> = {}) =>
  ({ method: 'POST', url: PATH, payload, headers: { 'content-type': 'application/json', ...headers } }) as const;
const chat = (more: object = {}) => ({ model: 'terrace/text', messages: [{ role: 'user', content: 'hi' }], ...more });
interface Chunk {
  choices: { index: number; delta: { content?: string }; finish_reason: string | null; logprobs: unknown }[];
  usage?: object | null;
  terrace?: object;
  error?: { code: string };
}
const chunksOf = (body: string): Chunk[] =>
  body
    .split('\n\n')
    .filter((each) => each.startsWith('data: {'))
    .map((each) => JSON.parse(each.slice(6)) as Chunk);
const tooLong = new ContextExceededError({ message: 'Too long.', hint: 'Shorten it.', facts: { tokens: 9000 } });

describe('a chat in text', () => {
  it('is answered whole, with who wrote it', async () => {
    const fake = createFakeText();
    const { app } = await start(fake);
    const reply = await app.inject(post(chat({ max_tokens: 5 }), { 'x-terrace-residency': 'device' }));
    expect(reply.json()).toMatchObject({
      object: 'chat.completion',
      model: 'terrace/text',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'Hello you' }, finish_reason: 'stop', logprobs: null },
      ],
      usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9, prompt_tokens_details: { cached_tokens: 3 } },
      terrace: { tier: 'smol', path: ['smol'], confidence: 0.5 },
    });
    expect(reply.headers).toMatchObject({ 'x-terrace-tier': 'smol', 'x-terrace-cost-usd': '0.5' });
    expect(fake.asked[0]!.input).toMatchObject({
      task: 'text-generation',
      policy: 'cascade',
      residency: 'device',
      priority: 'normal',
      generation: { maxTokens: 5 },
    });
  });

  it('is answered from documents of collections that are shared, and of no others', async () => {
    const fake = createFakeText();
    const { app } = await start(fake, { sharedCollections: ['handbook'] });
    const ask = async (documents: unknown) => (await app.inject(post(chat({ documents })))).statusCode;
    expect(await ask({ collection: 'handbook', top: 2 })).toBe(200);
    expect(await ask(null)).toBe(200);
    expect(fake.asked.map(({ input }) => (input as { documents?: unknown }).documents)).toEqual([
      { collection: 'handbook', top: 2, minScore: 0.25, maxTokens: 1024 },
      undefined,
    ]);
    expect([await ask({}), await ask({ collection: 'diary' }), await ask({ collection: 'handbook', top: 0 })]).toEqual([
      403, 403, 400,
    ]);
    const { app: closed } = await start(fake);
    expect((await closed.inject(post(chat({ documents: {} })))).json()).toMatchObject({ error: { code: 'forbidden' } });
    expect(fake.asked).toHaveLength(2);
  });

  it('says from which passages', async () => {
    const fake = createFakeText();
    const place = { collection: 'handbook', title: 'Handbook', chunk: 0, start: 0, end: 9 };
    const citation = { marker: '[1]', ...place, documentId: 'd', page: undefined, cited: true };
    const run = async (...asked: Parameters<typeof fake.text.run>) => ({
      ...(await fake.text.run(...asked)),
      citations: [citation],
    });
    const { app } = await start({ ...fake, text: { ...fake.text, run } }, { sharedCollections: ['handbook'] });
    const reply = await app.inject(post(chat({ documents: { collection: 'handbook' } })));
    expect(reply.json<{ terrace: object }>().terrace).toMatchObject({
      citations: [{ ...place, marker: '[1]', document_id: 'd', page: null, cited: true }],
      uncited: null,
    });
  });

  it('is streamed a chunk a piece, and ends with what came of it', async () => {
    const pieces = ['a', 'b', '', 'c', 'd'].map((text, i) => ({ choice: i % 2, text }));
    const { app } = await start(createFakeText(pieces));
    const reply = await app.inject(post(chat({ stream: true, n: 2, stream_options: { include_usage: true } })));
    expect(reply.headers).toMatchObject({ 'x-terrace-tier': 'smol', 'x-terrace-placement': 'device' });
    const chunks = chunksOf(reply.body);
    const said = chunks.map(
      ({ choices: [first] }) => first && `${first.index}${first.delta.content ?? ''}${first.finish_reason ?? ''}`,
    );
    expect(said).toEqual(['0', '1', '0a', '1b', '1c', '0d', '0stop', '1stop', undefined]);
    expect(chunks.at(-2)!.terrace).toMatchObject({ tier: 'smol', request_id: '0'.repeat(32) });
    expect(chunks.at(-1)!.usage).toMatchObject({ total_tokens: 9 });
    expect(reply.body.endsWith('data: [DONE]\n\n')).toBe(true);
  });

  it('tells of every token where that is asked, whole and streamed', async () => {
    const tokens = [{ token: 'é', logProb: -0.5, top: [{ token: '\ufffd', logProb: -Infinity }] }];
    const { app } = await start(createFakeText([{ choice: 0, text: 'é', tokens }]));
    const told = {
      content: [
        {
          token: 'é',
          logprob: -0.5,
          bytes: [195, 169],
          top_logprobs: [{ token: '\ufffd', logprob: -9999, bytes: null }],
        },
      ],
      refusal: null,
    };
    const whole = await app.inject(post(chat({ logprobs: true, top_logprobs: 1 })));
    expect(whole.json<Chunk>().choices[0]!.logprobs).toEqual(told);
    const streamed = await app.inject(post(chat({ logprobs: true, stream: true })));
    expect(chunksOf(streamed.body)[1]!.choices[0]!.logprobs).toEqual(told);
  });

  it('calls tools as the model does, and the one that must be called with the text as its arguments', async () => {
    const calls = { toolCalls: [{ id: 'c1', name: 'look', arguments: '{}' }], finishReason: 'tool-calls' as const };
    const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }];
    const free = await start(createFakeText([{ choice: 0, text: '' }], undefined, calls));
    const call = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } };
    expect((await free.app.inject(post(chat({ tools })))).json()).toMatchObject({
      choices: [{ message: { content: null, tool_calls: [call] }, finish_reason: 'tool_calls' }],
    });
    const { body } = await free.app.inject(post(chat({ tools, stream: true })));
    expect(chunksOf(body).at(-2)!.choices[0]!.delta).toEqual({ tool_calls: [{ index: 0, ...call }] });
    const forced = await start(createFakeText([{ choice: 0, text: '{}' }]));
    const asked = chat({ tools, tool_choice: 'required' });
    expect((await forced.app.inject(post(asked))).json()).toMatchObject({
      choices: [{ message: { content: null, tool_calls: [{ function: call.function }] }, finish_reason: 'tool_calls' }],
    });
    const chunks = chunksOf((await forced.app.inject(post({ ...asked, stream: true }))).body);
    expect(chunks[1]!.choices[0]!.delta).toEqual({ tool_calls: [{ index: 0, function: { arguments: '{}' } }] });
    expect(chunks.at(-1)!.choices[0]!.finish_reason).toBe('tool_calls');
  });

  it('calls one of several tools where some tool must be called', async () => {
    const tools = ['look', 'note'].map((name) => ({ type: 'function', function: { name, parameters: {} } }));
    const asked = chat({ tools, tool_choice: 'required' });
    const start2 = (...texts: string[]) => start(createFakeText(texts.map((text) => ({ choice: 0, text }))));
    const { app } = await start2('{"name":"note",', '"arguments":{"a":1}}');
    const call = { type: 'function', function: { name: 'note', arguments: '{"a":1}' } };
    expect((await app.inject(post(asked))).json()).toMatchObject({
      choices: [{ message: { content: null, tool_calls: [call] }, finish_reason: 'tool_calls' }],
    });
    const chunks = chunksOf((await app.inject(post({ ...asked, stream: true }))).body);
    expect(chunks.map(({ choices: [first] }) => first!.delta)).toMatchObject([
      { role: 'assistant', content: null },
      { tool_calls: [{ index: 0, ...call }] },
      {},
    ]);
    const cut = await start2('{"name":"no');
    const { body } = await cut.app.inject(post({ ...asked, stream: true }));
    expect(chunksOf(body)[1]!.choices[0]!.delta).toEqual({ content: '{"name":"no' });
  });

  it('that is streamed says from its beginning what it goes by', async () => {
    const fake = createFakeText();
    const { app } = await start(fake);
    const { headers, body } = await app.inject(post(chat({ stream: true })));
    const id = headers['x-terrace-request-id'];
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(fake.asked[0]!.requestId).toBe(id);
    expect(chunksOf(body)[0]).toMatchObject({ id: `chatcmpl-${String(id)}` });
  });

  it('that was to be told as a whole and fails is not kept', async () => {
    const { app } = await start(createFakeText([{ choice: 0, text: '{' }], tooLong));
    const reply = await app.inject(post(chat({ stream: true }), { 'idempotency-key': 'k' }));
    expect(reply.statusCode).toBe(400);
  });

  it.each([true, false])('that fails before anything is told fails as any request (streamed: %s)', async (stream) => {
    const { app } = await start(createFakeText([], tooLong));
    const reply = await app.inject(post(chat({ stream })));
    expect(reply.statusCode).toBe(400);
    expect(reply.json()).toMatchObject({ error: { code: 'context_length_exceeded', param: 'messages' } });
  });

  it('that fails behind its first words says so and ends', async () => {
    const unmet = new StructureUnmetError({ message: 'No JSON.', hint: 'Allow more.' });
    const { app, logged } = await start(createFakeText([{ choice: 0, text: '{' }], unmet));
    const reply = await app.inject(post(chat({ stream: true })));
    expect(chunksOf(reply.body).at(-1)!.error).toMatchObject({ code: 'structure_unmet' });
    expect(reply.body).not.toContain('[DONE]');
    await vi.waitFor(() => expect(logged.join('')).toContain('STRUCTURE_UNMET'));
    const whole = await app.inject(post(chat()));
    expect(whole.statusCode).toBe(422);
  });

  it('is answered once for one idempotency key, streamed as well', async () => {
    const fake = createFakeText();
    const { app } = await start(fake);
    const once = post(chat({ stream: true }), { 'idempotency-key': 'k' });
    const [first, second] = [await app.inject(once), await app.inject(once)];
    expect(second.body).toBe(first.body);
    expect(second.headers['idempotent-replayed']).toBe('true');
    expect(fake.asked).toHaveLength(1);
  });

  it('is written no faster than it is read, and ends with its client', async () => {
    const text = 'x'.repeat(65_536);
    const endless = (function* () {
      for (;;) yield { choice: 0, text };
    })();
    const fake = createFakeText(endless);
    const server = await start(fake);
    const { port } = await server.listen();
    const { socket } = openSocket(port);
    socket.pause();
    const body = JSON.stringify(chat({ stream: true }));
    socket.write(
      `POST ${PATH} HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    // What the sockets of this host take is taken; then nothing is.
    let before = -1;
    await vi.waitFor(
      () => {
        const isStill = fake.taken > 0 && fake.taken === before;
        before = fake.taken;
        expect(isStill).toBe(true);
      },
      { timeout: 5000, interval: 150 },
    );
    expect(fake.taken).toBeLessThan(400);
    expect(fake.ended).toBe(0);
    socket.destroy();
    await vi.waitFor(() => expect(fake.ended).toBe(1));
  });

  it('goes to the tier a header names, if the key may use it', async () => {
    const fake = createFakeText();
    const { app } = await start(fake, {
      door: { admit: () => ({ key: 'a', models: ['terrace/text'], residency: 'cloud' }) },
    });
    expect((await app.inject(post(chat()))).statusCode).toBe(200);
    expect((await app.inject(post(chat(), { 'x-terrace-policy': 'smol' }))).statusCode).toBe(403);
    const open = await start(fake);
    await open.app.inject(post(chat(), { 'x-terrace-policy': 'smol' }));
    expect(fake.asked.at(-1)!.input.policy).toBe('smol');
    const wrong = await open.app.inject(post(chat(), { 'x-terrace-policy': 'nano' }));
    expect(wrong.json()).toMatchObject({ error: { param: 'x-terrace-policy' } });
  });

  it('is listed under its names, and counted without a word of it', async () => {
    const { app } = await start(createFakeText());
    const { data } = (await app.inject('/v1/models')).json<{ data: { id: string; tasks: string[] }[] }>();
    expect(data.filter(({ tasks }) => tasks.includes('text-generation')).map(({ id }) => id)).toEqual([
      'terrace/text',
      'smol',
    ]);
    expect((await app.inject('/v1/models/terrace%2Ftext')).json()).toMatchObject({
      tasks: ['text-generation'],
      dimensions: null,
    });
    await app.inject(post(chat()));
    const metrics = (await app.inject('/metrics')).body;
    expect(metrics).toContain('terrace_tokens_total{tier="smol",direction="out"} 2');
    expect(metrics).not.toContain('Hello');
  });

  it('leaves names of labels what they were', async () => {
    const fake = createFakeText();
    const { app, asked } = await start(fake);
    await app.inject(post(chat({ model: 'terrace/auto:bank' })));
    expect(asked).toHaveLength(1);
    expect((await app.inject(post(chat({ model: 'auto' })))).json()).toMatchObject({
      error: { code: 'domain_required' },
    });
    expect(fake.asked).toHaveLength(0);
  });
});
