import OpenAI, { APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import { EASY, HARD } from './support/answers.js';
import { serverOfThisFile } from './support/running-server.js';

const server = serverOfThisFile();
const client = () => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'nobody asks for it', maxRetries: 0 });

const MODEL = 'terrace/auto:clinc150';
const asked = (text: string, more: object = {}) => ({
  model: MODEL,
  messages: [
    { role: 'system' as const, content: 'Name the intent.' },
    { role: 'user' as const, content: text },
  ],
  ...more,
});
const LABELS = ['credit_score', 'freeze_account', 'report_lost_card'];
const shape = (properties: object) => ({
  type: 'object' as const,
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});
const answer = shape({ intent: { type: 'string', enum: LABELS }, confidence: { type: 'number' } });

async function refusal(
  call: Promise<unknown>,
): Promise<Pick<APIError, 'status' | 'code' | 'param' | 'type' | 'message'>> {
  const error: unknown = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof APIError) return error;
  throw new Error('it was accepted');
}

describe('models', () => {
  it('lists the names a model can be asked under, and finds each', async () => {
    const ids: string[] = [];
    for await (const { id } of client().models.list()) ids.push(id);
    expect(ids).toEqual(expect.arrayContaining(['base', 'nano:clinc150', MODEL]));
    expect(await client().models.retrieve(MODEL)).toMatchObject({ id: MODEL, object: 'model', domain: 'clinc150' });
    expect(await client().models.retrieve('base')).toMatchObject({ id: 'base', dimensions: 384 });
  });

  it('says that there is no such model', async () => {
    expect(await refusal(client().models.retrieve('gpt-9'))).toMatchObject({ status: 404, code: 'model_not_found' });
  });
});

describe('embeddings', () => {
  it('come the same as numbers and in base64, in the order of the inputs', async () => {
    const input = [EASY, HARD, 'am i overdrawn'];
    const floats = await client().embeddings.create({ model: 'base', input, encoding_format: 'float' });
    // Without a format the client asks for base64 and turns it into numbers itself.
    const packed = await client().embeddings.create({ model: 'base', input });
    expect(floats.data.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(floats.usage.prompt_tokens).toBeGreaterThan(10);
    for (const [i, { embedding }] of floats.data.entries()) {
      expect(embedding).toHaveLength(384);
      expect(Math.hypot(...embedding)).toBeCloseTo(1, 5);
      const other = packed.data[i]!.embedding;
      // Texts that share a run share the scale of its 8-bit numbers.
      expect(embedding.reduce((sum, value, at) => sum + value * other[at]!, 0)).toBeGreaterThan(0.95);
    }
  });

  it('are as exact in base64 as they are', async () => {
    const ask = (encoding_format: 'float' | 'base64') =>
      client().embeddings.create({ model: 'nano', input: EASY, encoding_format });
    const [floats, packed] = await Promise.all([ask('float'), ask('base64')]);
    const text = packed.data[0]!.embedding as unknown as string;
    const bytes = Buffer.from(text, 'base64');
    const read = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
    expect(read).toHaveLength(256);
    for (const [i, value] of floats.data[0]!.embedding.entries()) expect(read[i]).toBeCloseTo(value, 2);
  });

  it('are made of hundreds of texts in one request', { timeout: 60_000 }, async () => {
    const input = Array.from({ length: 300 }, (_, i) => `text number ${i}`);
    const { data } = await client().embeddings.create({ model: 'nano', input });
    expect(data.map(({ index }) => index)).toEqual(input.map((_, i) => i));
  });

  it('are refused where they could not be what was asked for', async () => {
    const refuse = (body: object) => refusal(client().embeddings.create({ model: 'base', input: EASY, ...body }));
    expect(await refuse({ input: [1, 2, 3] })).toMatchObject({ status: 400, param: 'input' });
    expect(await refuse({ dimensions: 256 })).toMatchObject({ status: 400, param: 'dimensions' });
    expect(await refuse({ input: [] })).toMatchObject({ status: 400, param: 'input' });
    expect(await refuse({ input: [EASY, ''] })).toMatchObject({ status: 400 });
    expect(await refuse({ model: 'terrace/auto' })).toMatchObject({ status: 400, param: 'model' });
    expect(await refuse({ model: 'no-such' })).toMatchObject({ status: 404, code: 'model_not_found' });
    expect((await client().embeddings.create({ model: 'base', input: EASY, dimensions: 384 })).data).toHaveLength(1);
  });
});

describe('chat', () => {
  it('answers with the label, and tells in headers how it was found', async () => {
    const { data, response } = await client().chat.completions.create(asked(EASY)).withResponse();
    const [choice] = data.choices;
    expect(choice).toMatchObject({
      message: { role: 'assistant', content: 'credit_score', refusal: null },
      finish_reason: 'stop',
      logprobs: null,
    });
    expect(data.usage).toMatchObject({ completion_tokens: 1, total_tokens: data.usage!.prompt_tokens + 1 });
    expect(data.model).toBe(MODEL);
    const header = (name: string) => response.headers.get(`x-terrace-${name}`);
    expect(header('placement')).toBe('device');
    expect(header('verdict')).toBe('accept');
    expect(Number(header('confidence'))).toBeGreaterThan(0.5);
    expect(header('cost-usd')).toBe('0');
    expect(data.id).toBe(`chatcmpl-${header('request-id')}`);
  });

  it('answers on the tier that the name says', async () => {
    for (const tier of ['nano', 'base']) {
      const ask = asked(EASY, { model: `${tier}:clinc150` });
      const { response } = await client().chat.completions.create(ask).withResponse();
      expect(response.headers.get('x-terrace-tier')).toBe(tier);
    }
  });

  it('keeps to what headers demand', async () => {
    const headers = { 'x-terrace-min-confidence': '1', 'x-terrace-residency': 'device' };
    const { data, response } = await client()
      .chat.completions.create(asked('is it any good at all'), { headers })
      .withResponse();
    expect(response.headers.get('x-terrace-verdict')).toBe('abstain');
    expect(data.choices[0]!.message.content).toMatch(/^\w+$/);
    const wrong = client().chat.completions.create(asked(EASY), { headers: { 'x-terrace-deadline-ms': 'soon' } });
    expect(await refusal(wrong)).toMatchObject({ status: 400, param: 'x-terrace-deadline-ms' });
  });

  it('gives the log of its confidence and the alternatives', async () => {
    const { data, response } = await client()
      .chat.completions.create(asked(EASY, { logprobs: true, top_logprobs: 3 }))
      .withResponse();
    const [token] = data.choices[0]!.logprobs!.content!;
    expect(token!.token).toBe('credit_score');
    expect(Math.exp(token!.logprob)).toBeCloseTo(Number(response.headers.get('x-terrace-confidence')), 3);
    expect(token!.top_logprobs).toHaveLength(3);
    expect(token!.top_logprobs[0]!.token).toBe('credit_score');
  });

  it('answers in a JSON schema', async () => {
    const response_format = {
      type: 'json_schema' as const,
      json_schema: { name: 'answer', schema: answer, strict: true },
    };
    const { choices } = await client().chat.completions.create(asked(EASY, { response_format }));
    const parsed = JSON.parse(choices[0]!.message.content!) as { intent: string; confidence: number };
    expect(parsed.intent).toBe('credit_score');
    expect(parsed.confidence).toBeGreaterThan(0.5);
    expect(parsed.confidence).toBeLessThanOrEqual(1);
  });

  it('answers in any JSON where no schema is given', async () => {
    const response_format = { type: 'json_object' as const };
    const { choices } = await client().chat.completions.create(asked(EASY, { response_format }));
    expect(JSON.parse(choices[0]!.message.content!)).toMatchObject({ label: 'credit_score' });
  });

  it('calls a tool', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'route', parameters: answer, strict: true } }];
    const tool_choice = { type: 'function' as const, function: { name: 'route' } };
    const { choices } = await client().chat.completions.create(asked(EASY, { tools, tool_choice }));
    const [call] = choices[0]!.message.tool_calls!;
    expect(choices[0]!.finish_reason).toBe('tool_calls');
    expect(call).toMatchObject({ type: 'function', function: { name: 'route' } });
    expect(JSON.parse((call as { function: { arguments: string } }).function.arguments)).toMatchObject({
      intent: 'credit_score',
    });
  });

  it('is run by the tool runner of the client', async () => {
    const routed: string[] = [];
    const runner = client().chat.completions.runTools({
      ...asked(EASY),
      tools: [
        {
          type: 'function',
          function: {
            name: 'route',
            description: 'Where the text goes.',
            parse: (text: string) => JSON.parse(text) as { label: string },
            parameters: shape({ label: { type: 'string' } }) as Record<string, unknown>,
            function: ({ label }: { label: string }) => {
              routed.push(label);
              return 'done';
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe('credit_score');
    expect(routed).toEqual(['credit_score']);
  });

  it('refuses schemas that no label satisfies', async () => {
    const response_format = (properties: object) => ({
      response_format: { type: 'json_schema', json_schema: { name: 'a', schema: shape(properties) } },
    });
    const foreign = response_format({ label: { type: 'string', enum: ['weather in Paris'] } });
    const story = response_format({ label: { type: 'string', enum: LABELS }, story: { type: 'string' } });
    for (const more of [foreign, story]) {
      const call = client().chat.completions.create(asked(EASY, more) as never);
      expect(await refusal(call)).toMatchObject({ status: 400, code: 'unsupported_schema' });
    }
  });

  it('streams', async () => {
    const stream = await client().chat.completions.create(
      asked(EASY, { stream: true as const, stream_options: { include_usage: true } }) as never,
    );
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream as unknown as AsyncIterable<OpenAI.ChatCompletionChunk>) chunks.push(chunk);
    expect(chunks[0]!.choices[0]!.delta.role).toBe('assistant');
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('credit_score');
    expect(chunks.at(-2)!.choices[0]!.finish_reason).toBe('stop');
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 1 } });
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  });

  it('is put together again by the helper of the client', async () => {
    const tools = [{ type: 'function' as const, function: { name: 'route', parameters: answer } }];
    const stream = client().chat.completions.stream(asked(EASY, { tools, tool_choice: 'required' as const }));
    const { choices } = await stream.finalChatCompletion();
    expect(JSON.parse(choices[0]!.message.tool_calls![0]!.function.arguments)).toMatchObject({
      intent: 'credit_score',
    });
  });

  it('refuses what it does not know, in the words of the API', async () => {
    const refuse = (more: object) => refusal(client().chat.completions.create(asked(EASY, more) as never));
    expect(await refuse({ temprature: 1 })).toMatchObject({
      status: 400,
      code: 'unknown_parameter',
      param: 'temprature',
      type: 'invalid_request_error',
    });
    expect(await refuse({ n: 2 })).toMatchObject({ status: 400, param: 'n' });
    expect(await refuse({ model: 'gpt-9' })).toMatchObject({ status: 404, code: 'model_not_found' });
    expect(await refuse({ model: 'auto:no-such-domain' })).toMatchObject({ status: 404, code: 'model_not_found' });
    for (const model of ['terrace/auto', 'base']) {
      expect(await refuse({ model })).toMatchObject({ status: 400, code: 'domain_required', param: 'model' });
    }
    expect(await refuse({ messages: [{ role: 'user', content: '' }] })).toMatchObject({ status: 400 });
  });

  it('gives a request that is sent again the same answer', async () => {
    const ask = () =>
      client().chat.completions.create(asked(HARD), { idempotencyKey: 'one', headers: { 'idempotency-key': 'one' } });
    const [first, second] = [await ask(), await ask()];
    expect(second).toEqual(first);
  });
});

it('is aborted by the client without harm', async () => {
  const call = client().chat.completions.create(asked(HARD), { signal: AbortSignal.timeout(1) });
  await expect(call).rejects.toThrow();
  expect((await client().chat.completions.create(asked(EASY))).choices).toHaveLength(1);
});
