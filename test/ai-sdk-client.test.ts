import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  APICallError,
  embed,
  embedMany,
  generateObject,
  generateText,
  jsonSchema,
  streamText,
  tool,
  type ToolSet,
} from 'ai';
import { expect, it } from 'vitest';
import { EASY, HARD } from './support/answers.js';
import { serverOfThisFile } from './support/running-server.js';

const server = serverOfThisFile();
const MODEL = 'terrace/auto:clinc150';
const LABELS = ['credit_score', 'freeze_account', 'report_lost_card'];

const provider = () =>
  createOpenAICompatible({
    name: 'terrace',
    baseURL: `${server.url}/v1`,
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
const chat = () => provider().chatModel(MODEL);

it('generates the label as text, and says what it cost to read', async () => {
  const { text, finishReason, usage, response } = await generateText({ model: chat(), prompt: EASY, temperature: 0 });
  expect({ text, finishReason }).toEqual({ text: 'credit_score', finishReason: 'stop' });
  expect(usage.inputTokens).toBeGreaterThan(0);
  expect(response.headers?.['x-terrace-placement']).toBe('device');
});

it('generates one of the values of an enum', async () => {
  const { object } = await generateObject({ model: chat(), output: 'enum', enum: LABELS, prompt: EASY });
  expect(object).toBe('credit_score');
});

it('generates an object under a schema', async () => {
  const schema = jsonSchema<{ intent: string; confidence: number }>({
    type: 'object',
    properties: {
      intent: { type: 'string', enum: LABELS },
      confidence: { type: 'number', minimum: 0, maximum: 1 },
    },
    required: ['intent', 'confidence'],
    additionalProperties: false,
  });
  const { object } = await generateObject({ model: chat(), schema, prompt: EASY });
  expect(object.intent).toBe('credit_score');
  expect(object.confidence).toBeGreaterThan(0.5);
});

it('calls a tool', async () => {
  const route = tool({
    description: 'Routes the text.',
    inputSchema: jsonSchema<{ label: string }>({
      type: 'object',
      properties: { label: { type: 'string', enum: LABELS } },
      required: ['label'],
    }),
  });
  const { toolCalls, finishReason } = await generateText({
    model: chat(),
    prompt: EASY,
    // Its types are written for optional properties that may be undefined.
    tools: { route } as unknown as ToolSet,
    toolChoice: 'required',
  });
  expect(finishReason).toBe('tool-calls');
  expect(toolCalls).toMatchObject([{ toolName: 'route', input: { label: 'credit_score' } }]);
});

it('streams text and usage', async () => {
  const { textStream, usage, finishReason } = streamText({ model: chat(), prompt: EASY });
  const parts: string[] = [];
  for await (const part of textStream) parts.push(part);
  expect(parts.join('')).toBe('credit_score');
  expect(await finishReason).toBe('stop');
  expect((await usage).outputTokens).toBe(1);
});

it('embeds one text and many', async () => {
  const model = provider().embeddingModel('base');
  const { embedding } = await embed({ model, value: EASY });
  const { embeddings, usage } = await embedMany({ model, values: [EASY, HARD, EASY] });
  expect(embedding).toHaveLength(384);
  expect(embeddings.map(({ length }) => length)).toEqual([384, 384, 384]);
  expect(usage.tokens).toBeGreaterThan(0);
});

it('reads what was refused, and why', async () => {
  const model = provider().chatModel('terrace/auto');
  const error: unknown = await generateText({ model, prompt: EASY, maxRetries: 0 }).catch((thrown: unknown) => thrown);
  expect(APICallError.isInstance(error) && [error.statusCode, error.message]).toEqual([
    400,
    expect.stringContaining('domain'),
  ]);
});
