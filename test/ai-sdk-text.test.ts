import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createTerrace, type TerraceProvider } from '@terrace/core/ai-sdk';
import { createNodeRuntime, type NodeRuntime } from '@terrace/node-host';
import { generateObject, generateText, jsonSchema, streamObject, streamText, tool, type ToolSet } from 'ai';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { terrace as run } from './support/run-cli.js';
import { startScriptedUpstream, type ChatAsk, type ScriptedUpstream } from './support/scripted-upstream.js';
import { putTextModels, TERRACE_TEXT_MODEL } from './support/text-models.js';

const BUILT_WORKER = new URL('../packages/node-host/dist/bundle/engine-worker.js', import.meta.url);
const START_MS = 60_000;
const FRUIT = jsonSchema<{ name: string; sweet: boolean }>({
  type: 'object',
  properties: { name: { type: 'string', maxLength: 10 }, sweet: { type: 'boolean' } },
  required: ['name', 'sweet'],
  additionalProperties: false,
});

const folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-ai-sdk-text-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a remote text tier as a model of the AI SDK', { timeout: START_MS }, () => {
  let upstream: ScriptedUpstream;
  let runtime: NodeRuntime;
  let terrace: TerraceProvider;
  beforeAll(async () => {
    upstream = await startScriptedUpstream({ models: ['writer-1'] });
    const home = mkdtempSync(path.join(folder, 'home-'));
    const flags = ['--id', 'writer', '--model', 'writer-1', '--protocol', 'openai', '--placement', 'site'];
    await run(['tiers', 'add', upstream.url, ...flags, '--task', 'text-generation'], { home });
    runtime = await createNodeRuntime({ home, engineWorkerUrl: BUILT_WORKER });
    terrace = createTerrace({ runtime });
  }, START_MS);
  afterAll(async () => {
    await runtime?.close();
    await upstream?.close();
  });
  beforeEach(() => upstream.script({ chat: () => 'The sky is blue.' }));

  it('streams text, with who wrote it', async () => {
    const { textStream, providerMetadata, usage } = streamText({ model: terrace('text'), prompt: 'hi' });
    const words: string[] = [];
    for await (const word of textStream) words.push(word);
    expect(words.join('')).toBe('The sky is blue.');
    expect(words.length).toBeGreaterThan(1);
    expect((await providerMetadata)?.['terrace']).toMatchObject({
      tier: 'writer',
      path: ['writer'],
      placement: 'site',
    });
    expect((await usage).outputTokens).toBe(3);
  });

  it('is asked with the whole chat, and stops with its caller', async () => {
    const chat = [
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'two' },
      { role: 'user', content: 'three' },
    ] as const;
    await generateText({ model: terrace('writer'), system: 'Be kind.', messages: [...chat], temperature: 0.3 });
    const asked = upstream.requests.at(-1)!.body as ChatAsk;
    expect(asked).toMatchObject({ temperature: 0.3, messages: [{ role: 'system' }, ...chat] });
    const over = AbortSignal.abort(new Error('enough'));
    await expect(generateText({ model: terrace('text'), prompt: 'hi', abortSignal: over })).rejects.toThrow('enough');
  });

  it('calls tools', async () => {
    upstream.script({ chat: () => ({ content: null, toolCall: { name: 'look', arguments: { where: 'up' } } }) });
    const inputSchema = jsonSchema({ type: 'object', properties: { where: { type: 'string' } } });
    const look = tool({ inputSchema }) as ToolSet[string];
    const { toolCalls, finishReason } = await generateText({ model: terrace('text'), prompt: 'hi', tools: { look } });
    expect(toolCalls).toMatchObject([{ toolName: 'look', input: { where: 'up' } }]);
    expect(finishReason).toBe('tool-calls');
  });

  it('makes objects', async () => {
    upstream.script({ chat: () => '{"name": "plum", "sweet": true}' });
    const { object } = await generateObject({ model: terrace('text'), schema: FRUIT, prompt: 'A fruit.' });
    expect(object).toEqual({ name: 'plum', sweet: true });
  });
});

describe.skipIf(!TERRACE_TEXT_MODEL)(
  'SmolLM2 as a model of the AI SDK (needs TERRACE_TEXT_MODEL)',
  { timeout: START_MS },
  () => {
    let runtime: NodeRuntime;
    beforeAll(async () => {
      const home = mkdtempSync(path.join(folder, 'home-'));
      const modelsFolder = putTextModels(folder);
      runtime = await createNodeRuntime({ home, modelsFolder, engineWorkerUrl: BUILT_WORKER });
    }, START_MS);
    afterAll(() => runtime?.close());

    it('streams objects by their schema', async () => {
      const model = createTerrace({ runtime })('smollm2');
      const { partialObjectStream, object } = streamObject({
        model,
        schema: FRUIT,
        prompt: 'A fruit.',
        maxOutputTokens: 40,
      });
      let parts = 0;
      for await (const _ of partialObjectStream) parts++;
      expect(parts).toBeGreaterThan(1);
      expect(await object).toEqual({ name: expect.any(String), sweet: expect.any(Boolean) });
    });
  },
);
