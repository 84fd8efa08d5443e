import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { terrace } from './support/run-cli.js';
import type { ScriptedReply } from './support/scripted-chat.js';
import { startScriptedUpstream, type ScriptedUpstream } from './support/scripted-upstream.js';
import { startServe, type ServeProcess } from './support/serve.js';
import { putTextModels, TERRACE_TEXT_MODEL } from './support/text-models.js';

const START_MS = 60_000;
const QUESTION = 'why is the sky blue';
const ANSWER = 'Because air scatters short waves more.';
const CITY = {
  type: 'object',
  properties: { city: { type: 'string', maxLength: 12 }, size: { enum: ['small', 'large'] } },
  required: ['city', 'size'],
  additionalProperties: false,
};

const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-chat-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Ask = Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'model' | 'messages' | 'stream'>;
/** What is beside the API's own fields. */
interface Told {
  readonly terrace?: { readonly tier: string; readonly path: string[]; readonly confidence: number | null };
}

function clientOf(server: () => ServeProcess, model: string) {
  const client = () => new OpenAI({ baseURL: `${server().url}/v1`, apiKey: 'nobody asks for it', maxRetries: 0 });
  const messages = (text: string) => [{ role: 'user' as const, content: text }];
  return {
    ask: (text: string, more: Ask = {}) =>
      client().chat.completions.create({ model, messages: messages(text), ...more }),
    stream: (text: string, more: Ask = {}) =>
      client().chat.completions.create({ model, messages: messages(text), ...more, stream: true }),
    /** Code and status of a refusal. */
    refusal: async (text: string, more: object = {}): Promise<string> => {
      const call = client().chat.completions.create({ model, messages: messages(text), ...more });
      const error: unknown = await call.then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      return error instanceof APIError ? `${error.status} ${error.code}` : `no refusal: ${String(error)}`;
    },
  };
}

describe('chats by an endpoint that is a text tier', { timeout: START_MS }, () => {
  const REPLY: ScriptedReply = { content: ANSWER, usage: { prompt: 12, completion: 7 } };
  let upstream: ScriptedUpstream;
  let server: ServeProcess;
  const { ask, stream, refusal } = clientOf(() => server, 'terrace/text');

  beforeAll(async () => {
    upstream = await startScriptedUpstream({ models: ['writer-1'], chat: () => REPLY });
    const home = mkdtempSync(path.join(folder, 'home-'));
    const flags = ['--id', 'writer', '--model', 'writer-1', '--protocol', 'openai', '--placement', 'site'];
    const added = await terrace(['tiers', 'add', upstream.url, ...flags, '--task', 'text-generation'], { home });
    expect(added.code).toBe(0);
    server = await startServe(home, []);
  }, START_MS);
  afterAll(async () => {
    server?.process.kill('SIGKILL');
    await upstream?.close();
  });
  beforeEach(() => upstream.script({ chat: () => REPLY, delayMs: 0 }));

  it('are streamed as it writes them', async () => {
    upstream.script({ chat: () => REPLY, delayMs: 30 });
    const times: number[] = [];
    let text = '';
    let last: Told | undefined;
    for await (const chunk of await stream(QUESTION, { stream_options: { include_usage: true } })) {
      const { content } = chunk.choices[0]?.delta ?? {};
      if (content) times.push(performance.now());
      text += content ?? '';
      if ((chunk as Told).terrace) last = chunk as Told;
      if (chunk.usage) expect(chunk.usage).toMatchObject({ prompt_tokens: 12, completion_tokens: 7 });
    }
    expect(text).toBe(ANSWER);
    expect(times.at(-1)! - times[0]!).toBeGreaterThan(60);
    expect(last!.terrace).toMatchObject({ tier: 'writer', path: ['writer'], confidence: null });
  });

  it('are answered whole under its own name as well', async () => {
    const named = clientOf(() => server, 'writer');
    const { choices, usage } = await named.ask(QUESTION, { max_tokens: 9, temperature: 0.5 });
    expect(choices[0]).toMatchObject({ message: { role: 'assistant', content: ANSWER }, finish_reason: 'stop' });
    expect(usage?.total_tokens).toBe(19);
    expect(upstream.requests.at(-1)!.body).toMatchObject({ max_tokens: 9, temperature: 0.5 });
  });

  it('end upstream when the client leaves', async () => {
    upstream.script({ chat: () => ({ content: 'word '.repeat(200) }), delayMs: 20 });
    const before = upstream.counts.cancelled;
    for await (const chunk of await stream(QUESTION)) if (chunk.choices[0]?.delta.content) break;
    await expect.poll(() => upstream.counts.cancelled).toBe(before + 1);
  });

  it('that cannot be are refused in the form of the API, and the next one is answered', async () => {
    expect(await refusal(QUESTION, { n: 100 })).toBe('400 invalid_value');
    expect(await refusal(QUESTION, { temperature: -1 })).toBe('400 invalid_value');
    expect(await refusal(QUESTION, { presence_penalty: 1 })).toBe('400 unsupported_parameter');
    expect(await refusal('x'.repeat(1_048_577))).toBe('400 invalid_request');
    const foreign = { type: 'json_schema', json_schema: { name: 'a', schema: { patternProperties: { a: {} } } } };
    expect(await refusal(QUESTION, { response_format: foreign })).toBe('400 unsupported_schema');
    expect((await ask(QUESTION)).choices[0]!.message.content).toBe(ANSWER);
  });

  it('that its endpoint fails are told as that, and asked again when it is back', async () => {
    upstream.script({ chat: () => ({ status: 500, body: {} }) });
    expect(await refusal(QUESTION)).toMatch(/^50\d /);
    upstream.script({ chat: () => REPLY });
    await expect.poll(() => refusal(QUESTION), { timeout: 20_000 }).toBe('no refusal: undefined');
  });
});

describe.skipIf(!TERRACE_TEXT_MODEL)('chats by SmolLM2 (needs TERRACE_TEXT_MODEL)', { timeout: START_MS }, () => {
  let server: ServeProcess;
  const { ask, stream, refusal } = clientOf(() => server, 'smollm2');
  const few = { max_tokens: 6, temperature: 1, seed: 7 };

  beforeAll(async () => {
    server = await startServe(mkdtempSync(path.join(folder, 'home-')), ['--models', putTextModels(folder)]);
    await ask('hi', { max_tokens: 1 });
  }, START_MS);
  afterAll(() => void server?.process.kill('SIGKILL'));

  it('are the same for the same seed, streamed and whole', async () => {
    const first = await ask('Name a fruit.', few);
    const again = await ask('Name a fruit.', few);
    let streamed = '';
    for await (const { choices } of await stream('Name a fruit.', few)) streamed += choices[0]?.delta.content ?? '';
    const text = first.choices[0]!.message.content;
    expect(text).not.toBe('');
    expect([again.choices[0]!.message.content, streamed]).toEqual([text, text]);
    expect(first.usage).toMatchObject({ completion_tokens: 6 });
    expect(first.choices[0]!.finish_reason).toBe('length');
  });

  it('are several at once, with what each token was worth', async () => {
    const { choices, usage } = await ask('Name a fruit.', { ...few, n: 2, logprobs: true, top_logprobs: 3 });
    expect(choices.map(({ index }) => index)).toEqual([0, 1]);
    expect(choices[0]!.message.content).not.toBe(choices[1]!.message.content);
    for (const { logprobs } of choices) {
      expect(logprobs!.content).toHaveLength(6);
      for (const { logprob, top_logprobs } of logprobs!.content!) {
        expect(logprob).toBeLessThanOrEqual(0);
        expect(top_logprobs).toHaveLength(3);
      }
    }
    expect(usage!.completion_tokens).toBe(12);
  });

  it('stop where they are told to', async () => {
    const { choices } = await ask('Say hello.', { max_tokens: 20, stop: ['ll'] });
    expect(choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: expect.not.stringContaining('ll') },
    });
  });

  it('follow a schema, or say that they do not', async () => {
    const format = (schema: Record<string, unknown>) => ({
      response_format: { type: 'json_schema' as const, json_schema: { name: 'city', strict: true, schema } },
    });
    const { choices } = await ask('Describe Paris.', { max_tokens: 60, ...format(CITY) });
    const { city, size, ...rest } = JSON.parse(choices[0]!.message.content!) as Record<string, string>;
    expect(rest).toEqual({});
    expect(city!.length).toBeLessThanOrEqual(12);
    expect(['small', 'large']).toContain(size);
    expect(await refusal('Describe Paris.', { max_tokens: 2, ...format(CITY) })).toBe('422 structure_unmet');
    const loop = { $defs: { a: { $ref: '#/$defs/a' } }, $ref: '#/$defs/a' };
    expect(await refusal('Describe Paris.', format(loop))).toBe('400 unsupported_schema');
  });

  it('call one of several tools where some tool must be called', async () => {
    const tools = ['look', 'note'].map((name) => ({ type: 'function' as const, function: { name, parameters: CITY } }));
    const { choices } = await ask('Describe Paris.', { max_tokens: 80, tools, tool_choice: 'required' });
    const [call] = choices[0]!.message.tool_calls!;
    if (call?.type !== 'function') throw new Error('it calls no function');
    expect(['look', 'note']).toContain(call.function.name);
    expect(['small', 'large']).toContain((JSON.parse(call.function.arguments) as { size: string }).size);
    expect(choices[0]!.finish_reason).toBe('tool_calls');
  });

  it('take control tokens as text, and refuse what is longer than the model reads', async () => {
    const { usage: plain } = await ask('a', { max_tokens: 1 });
    const { usage } = await ask('<|im_end|>', { max_tokens: 1 });
    // As a control token it would be one.
    expect(usage!.prompt_tokens).toBeGreaterThan(plain!.prompt_tokens + 2);
    expect(await refusal('word '.repeat(9000), { max_tokens: 1 })).toBe('400 context_length_exceeded');
    expect(await refusal('a'.repeat(40_000), { max_tokens: 1 })).toBe('400 invalid_request');
    expect((await ask('a', { max_tokens: 1 })).choices).toHaveLength(1);
  });

  it('leave others alone where as many clients as there are places stop reading', async () => {
    /** Answers that are written or wait to be. */
    const written = async (): Promise<number> => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      return Number(/^terrace_queue_waiting (\d+)$/m.exec(metrics)?.[1]);
    };
    const sockets = Array.from({ length: 8 }, (_, i) => {
      const messages = [{ role: 'user', content: `Tell me a long story of ${i} ducks.` }];
      const body = JSON.stringify({
        model: 'smollm2',
        stream: true,
        max_tokens: 600,
        logit_bias: { 2: -100 },
        messages,
      });
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      return socket.pause();
    });
    await expect.poll(written).toBe(8);
    // There is memory for eight of that length, and a ninth is answered in what they have not written yet.
    expect((await ask('a', { max_tokens: 2 })).choices).toHaveLength(1);
    // Sockets take all that is written: nobody can tell that it is not read.
    expect(await written()).toBe(8);
    for (const socket of sockets) socket.destroy();
  });
});
