import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EASY } from './support/answers.js';
import { startPortkey, type PortkeyGateway } from './support/portkey-gateway.js';
import { serverOfThisFile } from './support/running-server.js';

const server = serverOfThisFile();
const MODEL = 'terrace/auto:clinc150';

let gateway: PortkeyGateway;
beforeAll(async () => {
  gateway = await startPortkey();
}, 30_000);
afterAll(() => gateway?.stop());

/** The official client, that talks to the gateway, that talks to the server as to a provider of its own. */
const client = (headers: Record<string, string> = {}) =>
  new OpenAI({
    baseURL: `${gateway.url}/v1`,
    apiKey: 'nobody asks for it',
    maxRetries: 0,
    defaultHeaders: {
      'x-portkey-provider': 'openai',
      'x-portkey-custom-host': `http://127.0.0.1:${server.port}/v1`,
      ...headers,
    },
  });
const asked = (more: object = {}) => ({
  model: MODEL,
  messages: [{ role: 'user' as const, content: EASY }],
  ...more,
});

it('hands chats on, and the headers of the answer', async () => {
  const { data, response } = await client().chat.completions.create(asked()).withResponse();
  expect(data.choices[0]).toMatchObject({ message: { content: 'credit_score' }, finish_reason: 'stop' });
  expect(data.usage?.completion_tokens).toBe(1);
  expect(response.headers.get('x-terrace-placement')).toBe('device');
});

it('hands on schemas and tools', async () => {
  const schema = { type: 'object', properties: { label: { type: 'string' } }, required: ['label'] };
  const response_format = { type: 'json_schema' as const, json_schema: { name: 'answer', schema } };
  const formed = await client().chat.completions.create(asked({ response_format }));
  expect(JSON.parse(formed.choices[0]!.message.content!)).toEqual({ label: 'credit_score' });
  const tools = [{ type: 'function' as const, function: { name: 'route', parameters: schema } }];
  const called = await client().chat.completions.create(asked({ tools, tool_choice: 'required' as const }));
  expect(called.choices[0]!.message.tool_calls).toMatchObject([{ function: { name: 'route' } }]);
});

it('hands streams on', async () => {
  const { choices } = await client().chat.completions.stream(asked()).finalChatCompletion();
  expect(choices[0]).toMatchObject({ message: { content: 'credit_score' }, finish_reason: 'stop' });
});

it('hands embeddings on, as numbers and in base64', async () => {
  for (const more of [{}, { encoding_format: 'float' as const }]) {
    const { data } = await client().embeddings.create({ model: 'base', input: [EASY, 'a text'], ...more });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([384, 384]);
  }
});

it('hands refusals on', async () => {
  const refused = await client()
    .chat.completions.create(asked({ model: 'gpt-9' }))
    .catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(APIError);
  expect(refused).toMatchObject({ status: 404, code: 'model_not_found' });
});

it('falls back to the server when another provider is gone', async () => {
  const terrace = { provider: 'openai', api_key: 'any', custom_host: `http://127.0.0.1:${server.port}/v1` };
  const gone = { provider: 'openai', api_key: 'any', custom_host: 'http://127.0.0.1:9/v1' };
  const config = JSON.stringify({ strategy: { mode: 'fallback' }, targets: [gone, terrace] });
  const fallback = new OpenAI({
    baseURL: `${gateway.url}/v1`,
    apiKey: 'any',
    maxRetries: 0,
    defaultHeaders: { 'x-portkey-config': config },
  });
  const { choices } = await fallback.chat.completions.create(asked());
  expect(choices[0]!.message.content).toBe('credit_score');
});
