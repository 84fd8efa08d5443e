import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createTerrace, type TerraceProvider } from '@terrace/core/ai-sdk';
import { createNodeRuntime, type NodeRuntime } from '@terrace/node-host';
import {
  createProviderRegistry,
  embed,
  embedMany,
  generateObject,
  generateText,
  jsonSchema,
  stepCountIs,
  streamText,
  tool,
  type JSONSchema7,
  type ToolSet,
} from 'ai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EASY } from './support/answers.js';

const BUILT_WORKER = new URL('../packages/node-host/dist/bundle/engine-worker.js', import.meta.url);
const START_MS = 60_000;
const MODEL = 'auto:clinc150';
const LABEL = 'credit_score';

let home: string;
let runtime: NodeRuntime;
let terrace: TerraceProvider;

beforeAll(async () => {
  home = mkdtempSync(path.join(os.tmpdir(), 'terrace-ai-sdk-'));
  runtime = await createNodeRuntime({ home, engineWorkerUrl: BUILT_WORKER });
  terrace = createTerrace({ runtime });
}, START_MS);
afterAll(async () => {
  await runtime.close();
  rmSync(home, { recursive: true, force: true });
});

const STRING = { type: 'string' } as const;
const NUMBER = { type: 'number' } as const;

const object = <T>(properties: JSONSchema7['properties'] & object) =>
  jsonSchema<T>({ type: 'object', properties, required: Object.keys(properties), additionalProperties: false });

const codeOf = (call: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(call).then(
    () => 'no error',
    (error: { code?: string }) => error.code,
  );

describe('generateText', () => {
  it('answers with the label, and tells where it comes from', async () => {
    const { text, finishReason, usage, response, providerMetadata, warnings } = await generateText({
      model: terrace(MODEL),
      prompt: EASY,
      temperature: 0,
    });
    expect({ text, finishReason, warnings }).toEqual({ text: LABEL, finishReason: 'stop', warnings: [] });
    expect(usage.inputTokens).toBeGreaterThan(3);
    expect(providerMetadata?.['terrace']).toMatchObject({
      requestId: response.id,
      tier: response.modelId,
      placement: 'device',
      confidence: expect.any(Number),
      verdict: 'accept',
      calibrated: true,
      outOfScope: false,
      costUsd: 0,
    });
  });

  it('takes one tier, a sub-domain, and the demands of a request', async () => {
    const { providerMetadata } = await generateText({
      model: terrace.languageModel('terrace/nano:clinc150/credit_cards'),
      prompt: EASY,
      providerOptions: { terrace: { residency: 'device', priority: 'high' } },
    });
    expect(providerMetadata?.['terrace']).toMatchObject({ tier: 'nano', path: ['nano'] });
  });

  it('calls the only tool once, and tells the label when its result is there', async () => {
    const asked: unknown[] = [];
    const route = tool({
      description: 'sends the caller on',
      inputSchema: object<{ intent: string; confidence: number }>({ intent: STRING, confidence: NUMBER }),
      execute: (input) => {
        asked.push(input);
        return 'sent on';
      },
    });
    const { text, steps } = await generateText({
      model: terrace(MODEL),
      prompt: EASY,
      tools: { route },
      stopWhen: stepCountIs(3),
    });
    expect(asked).toEqual([{ intent: LABEL, confidence: expect.any(Number) }]);
    expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', 'stop']);
    expect(text).toBe(LABEL);
  });

  it('warns of settings that mean nothing to a label', async () => {
    const { warnings } = await generateText({ model: terrace(MODEL), prompt: EASY, maxOutputTokens: 5, topP: 0.5 });
    expect(warnings).toMatchObject([{ feature: 'maxOutputTokens' }, { feature: 'topP' }]);
  });

  it('is taken back with the signal', async () => {
    const call = generateText({ model: terrace(MODEL), prompt: EASY, abortSignal: AbortSignal.abort() });
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  });

  it.each([
    ['a domain nobody knows', () => generateText({ model: terrace('auto:unheard'), prompt: EASY }), 'UNKNOWN_DOMAIN'],
    ['a tier nobody knows', () => generateText({ model: terrace('huge:clinc150'), prompt: EASY }), 'INVALID_REQUEST'],
    [
      'a demand nobody knows',
      () => generateText({ model: terrace(MODEL), prompt: EASY, providerOptions: { terrace: { colour: 'green' } } }),
      'INVALID_REQUEST',
    ],
    [
      'an image',
      () =>
        generateText({
          model: terrace(MODEL),
          messages: [{ role: 'user', content: [{ type: 'image', image: new Uint8Array([137, 80, 78, 71]) }] }],
        }),
      'INVALID_REQUEST',
    ],
  ])('fails with %s, and is not tried again', async (_, call, code) => {
    expect(await codeOf(call())).toBe(code);
  });

  it.each(['', ':clinc150', 'auto:', 'auto:a:b'])('has no model "%s"', (id) => {
    expect(() => terrace(id)).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));
  });
});

describe('generateObject', () => {
  it('fills an object with the label and how sure it is', async () => {
    const schema = object<{ label: string; confidence: number; outOfScope: boolean }>({
      label: { type: 'string', enum: [LABEL, 'freeze_account'] },
      confidence: { type: 'number', minimum: 0, maximum: 1 },
      outOfScope: { type: 'boolean' },
    });
    const { object: filled } = await generateObject({ model: terrace(MODEL), schema, prompt: EASY });
    expect(filled).toMatchObject({ label: LABEL, outOfScope: false });
    expect(filled.confidence).toBeGreaterThan(0.5);
  });

  it('chooses among the values of an enum, the best of those there are', async () => {
    const choose = async (labels: string[]): Promise<string> =>
      (await generateObject({ model: terrace(MODEL), output: 'enum', enum: labels, prompt: EASY })).object;
    expect(await choose([LABEL, 'freeze_account'])).toBe(LABEL);
    expect(await choose(['freeze_account', 'improve_credit_score'])).toBe('improve_credit_score');
  });

  it('fails where no label can have the form', async () => {
    const schema = jsonSchema({ type: 'object', properties: { poem: { type: 'array' } }, required: ['poem'] });
    expect(await codeOf(generateObject({ model: terrace(MODEL), schema, prompt: EASY }))).toBe('INVALID_REQUEST');
  });
});

describe('streamText', () => {
  it('streams the label in the parts of a text', async () => {
    const result = streamText({ model: terrace(MODEL), prompt: EASY });
    const kinds: string[] = [];
    let text = '';
    for await (const part of result.fullStream) {
      kinds.push(part.type);
      if (part.type === 'text-delta') text += part.text;
    }
    expect(text).toBe(LABEL);
    expect(kinds).toEqual(['start', 'start-step', 'text-start', 'text-delta', 'text-end', 'finish-step', 'finish']);
    expect((await result.providerMetadata)?.['terrace']).toMatchObject({ placement: 'device' });
  });

  it('streams the call of a tool', async () => {
    const route = tool({ inputSchema: object<{ intent: string }>({ intent: STRING }) });
    const { toolCalls, finishReason } = streamText({
      model: terrace(MODEL),
      prompt: EASY,
      tools: { route } as unknown as ToolSet,
      toolChoice: 'required',
    });
    expect(await toolCalls).toMatchObject([{ toolName: 'route', input: { intent: LABEL } }]);
    expect(await finishReason).toBe('tool-calls');
  });

  it('says what is wrong in the stream', async () => {
    const errors: unknown[] = [];
    const model = terrace('auto:unheard');
    const result = streamText({ model, prompt: EASY, onError: ({ error }) => void errors.push(error) });
    await result.consumeStream();
    expect(errors).toMatchObject([{ code: 'UNKNOWN_DOMAIN' }]);
  });
});

describe('embeddings', () => {
  it('of one text and of many are the same', async () => {
    const model = terrace.embeddingModel('base');
    const { embedding, usage, providerMetadata } = await embed({ model, value: EASY });
    expect(Math.hypot(...embedding)).toBeCloseTo(1, 4);
    expect(usage.tokens).toBeGreaterThan(3);
    expect(providerMetadata?.['terrace']).toMatchObject({ tier: 'base', confidence: null });
    const values = Array.from({ length: 70 }, (_, i) => (i === 69 ? EASY : `text ${i}`));
    const { embeddings } = await embedMany({ model, values });
    expect(embeddings).toHaveLength(70);
    expect(cosine(embeddings[69]!, embedding)).toBeCloseTo(1, 2);
  });

  it('are not made by a ladder', () => {
    expect(() => terrace.textEmbeddingModel('auto')).toThrow(expect.objectContaining({ code: 'INVALID_REQUEST' }));
  });
});

it('is one provider of a registry', async () => {
  const registry = createProviderRegistry({ terrace });
  const { text } = await generateText({ model: registry.languageModel(`terrace:${MODEL}`), prompt: EASY });
  expect(text).toBe(LABEL);
  expect(() => registry.imageModel('terrace:auto')).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));
});

const cosine = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);
