import type { LanguageModelV3CallOptions, LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { TextResult } from '../runtime/text/text-result.js';
import type { TextStep } from '../runtime/text/text-step.js';
import type { TextChoice } from '../tasks/text-generation/text-output.js';
import type { TextRequestInput } from '../text/request/text-request-schema.js';
import { createLanguageModel, type LanguageRuntime } from './language-model.js';

const failure = new Error('it broke');

/** A runtime whose text tiers write these words; `smol` is the only one. */
function world({
  words = ['Hello', ' you'],
  fails = false,
  ...changes
}: { words?: readonly string[]; fails?: boolean } & Partial<TextChoice> = {}) {
  const asked: TextRequestInput[] = [];
  const seen = { taken: 0, ended: 0 };
  const result = {
    requestId: 'r1',
    output: {
      kind: 'text',
      choices: [{ role: 'assistant', text: words.join(''), toolCalls: [], finishReason: 'stop', ...changes }],
    },
    tier: 'smol',
    placement: 'device',
    path: ['smol'],
    confidence: 0.7,
    verdict: { kind: 'accept', calibrated: true },
    usage: { inputTokens: 9, cachedTokens: 4, outputTokens: 2 },
    costUsd: 0,
  } as unknown as TextResult;
  async function* stream(input: TextRequestInput): AsyncGenerator<TextStep, TextResult> {
    asked.push(input);
    try {
      for (const text of words) {
        seen.taken++;
        yield { kind: 'text', choice: 0, text, tier: 'smol', logProbs: [] };
      }
      if (fails) throw failure;
      yield { kind: 'result', result };
      return result;
    } finally {
      seen.ended++;
    }
  }
  const runtime = {
    stream,
    run(input: TextRequestInput) {
      asked.push(input);
      return Promise.resolve(result);
    },
    recommend({ policy }: { policy?: string }) {
      if (policy === 'smol') return Promise.resolve({});
      return Promise.reject(new InvalidRequestError({ message: 'None.', hint: '' }));
    },
  } as unknown as LanguageRuntime;
  return { asked, seen, model: (id = 'terrace/text') => createLanguageModel(id, runtime) };
}

const prompt: LanguageModelV3CallOptions['prompt'] = [
  { role: 'system', content: 'Be kind.' },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two' },
    ],
  },
];
const inputSchema = { type: 'object' as const, properties: { city: { type: 'string' as const } } };
const look = { type: 'function' as const, name: 'look', inputSchema };

async function partsOf(stream: unknown): Promise<LanguageModelV3StreamPart[]> {
  const parts: LanguageModelV3StreamPart[] = [];
  for await (const part of stream as AsyncIterable<LanguageModelV3StreamPart>) parts.push(part);
  return parts;
}

describe('a text tier as a language model', () => {
  it('is asked with the whole chat and what the call says of the writing', async () => {
    const { asked, model } = world();
    await model('terrace/text:care').doGenerate({
      prompt: [
        ...prompt,
        {
          role: 'assistant',
          content: [
            { type: 'reasoning', text: 'hm' },
            { type: 'text', text: 'wait' },
            { type: 'tool-call', toolCallId: 'c1', toolName: 'look', input: { city: 'Rome' } },
          ],
        },
        {
          role: 'tool',
          content: [
            { type: 'tool-result', toolCallId: 'c1', toolName: 'look', output: { type: 'json', value: { sun: 1 } } },
          ],
        },
      ],
      tools: [look],
      maxOutputTokens: 5,
      temperature: 0.5,
      seed: 3,
      stopSequences: ['END'],
      providerOptions: { terrace: { residency: 'device', generation: { topK: 4, n: 5 } } },
    });
    expect(asked).toEqual([
      {
        task: 'text-generation',
        residency: 'device',
        policy: 'cascade',
        domain: 'care',
        messages: [
          { role: 'system', content: 'Be kind.' },
          { role: 'user', content: 'one\ntwo' },
          { role: 'assistant', content: 'wait', toolCalls: [{ id: 'c1', name: 'look', arguments: '{"city":"Rome"}' }] },
          { role: 'tool', content: '{"sun":1}', toolCallId: 'c1' },
        ],
        tools: [{ name: 'look', parameters: inputSchema }],
        generation: { topK: 4, maxTokens: 5, temperature: 0.5, seed: 3, stop: ['END'], n: 1 },
      },
    ]);
  });

  it('answers with the text, and tells who wrote it', async () => {
    const { model } = world();
    const { content, finishReason, usage, providerMetadata, warnings } = await model().doGenerate({
      prompt,
      presencePenalty: 1,
    });
    expect(content).toEqual([{ type: 'text', text: 'Hello you' }]);
    expect(finishReason).toEqual({ unified: 'stop', raw: 'stop' });
    expect(usage.inputTokens).toMatchObject({ total: 9, noCache: 5, cacheRead: 4 });
    expect(providerMetadata?.['terrace']).toMatchObject({
      tier: 'smol',
      path: ['smol'],
      confidence: 0.7,
      degraded: null,
    });
    expect(warnings).toMatchObject([{ type: 'unsupported', feature: 'presencePenalty' }]);
  });

  it('streams words as they come, no faster than they are taken', async () => {
    const { model, seen } = world({ words: Array.from({ length: 50 }, (_, i) => `${i} `) });
    const { stream } = await model().doStream({ prompt });
    const reader = (
      stream as unknown as { getReader(): { read(): Promise<{ value: unknown }>; cancel(): Promise<void> } }
    ).getReader();
    expect((await reader.read()).value).toEqual({ type: 'stream-start', warnings: [] });
    expect((await reader.read()).value).toEqual({ type: 'text-start', id: '0' });
    expect((await reader.read()).value).toEqual({ type: 'text-delta', id: '0', delta: '0 ' });
    expect(seen.taken).toBeLessThan(4);
    await reader.cancel();
    expect(seen.ended).toBe(1);
  });

  it('ends with its reader also while nothing comes', async () => {
    const runtime = {
      async *stream(_: unknown, { signal }: { signal: AbortSignal }) {
        yield { kind: 'text', choice: 0, text: 'a', tier: 'smol', logProbs: [] };
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      },
    } as unknown as LanguageRuntime;
    const { stream } = await createLanguageModel('text', runtime).doStream({ prompt });
    const reader = (stream as unknown as ReadableStream<unknown>).getReader();
    for (let i = 0; i < 3; i++) await reader.read();
    const waiting = reader.read();
    await reader.cancel();
    expect(await waiting).toMatchObject({ done: true });
  });

  it('ends its stream with what came of it', async () => {
    const { stream } = await world().model().doStream({ prompt });
    const parts = await partsOf(stream);
    const kinds = ['stream-start', 'text-start', 'text-delta', 'text-delta', 'text-end', 'response-metadata', 'finish'];
    expect(parts.map(({ type }) => type)).toEqual(kinds);
    expect(parts.at(-1)).toMatchObject({ finishReason: { unified: 'stop' }, usage: { outputTokens: { total: 2 } } });
  });

  it('fails before its first word as a whole, and behind it within the stream', async () => {
    await expect(world({ words: [], fails: true }).model().doStream({ prompt })).rejects.toBe(failure);
    const { stream } = await world({ fails: true }).model().doStream({ prompt });
    expect((await partsOf(stream)).slice(-3)).toMatchObject([
      { type: 'text-end' },
      { type: 'error', error: failure },
      { type: 'finish', finishReason: { unified: 'error' } },
    ]);
  });

  it('writes objects by their schema', async () => {
    const { asked, model } = world({ words: ['{}'] });
    await model().doGenerate({ prompt, responseFormat: { type: 'json', schema: inputSchema } });
    await model().doGenerate({ prompt, responseFormat: { type: 'json' } });
    expect(asked.map(({ generation }) => generation?.format)).toEqual([
      { kind: 'schema', schema: inputSchema },
      { kind: 'json' },
    ]);
  });

  it('calls tools, and the one that must be called with arguments by its schema', async () => {
    const toolCalls = [{ id: 'c1', name: 'look', arguments: '{}' }];
    const free = await world({ words: [''], toolCalls, finishReason: 'tool-calls' })
      .model()
      .doGenerate({ prompt, tools: [look] });
    expect(free.content).toEqual([{ type: 'tool-call', toolCallId: 'c1', toolName: 'look', input: '{}' }]);
    const { asked, model } = world({ words: ['{"city":"Rome"}'] });
    const toolChoice = { type: 'required' as const };
    const { content, finishReason } = await model().doGenerate({ prompt, tools: [look], toolChoice });
    expect(content).toEqual([{ type: 'tool-call', toolCallId: 'call_r1', toolName: 'look', input: '{"city":"Rome"}' }]);
    expect(finishReason.unified).toBe('tool-calls');
    expect(asked[0]?.generation?.format).toEqual({ kind: 'schema', schema: inputSchema });
    const parts = await partsOf((await model().doStream({ prompt, tools: [look], toolChoice })).stream);
    expect(parts.map(({ type }) => type)).toEqual([
      'stream-start',
      'tool-input-start',
      'tool-input-delta',
      'tool-input-end',
      'tool-call',
      'response-metadata',
      'finish',
    ]);
    await expect(model().doGenerate({ prompt, tools: [], toolChoice })).rejects.toThrow(InvalidRequestError);
  });

  it('calls one of several tools where some tool must be called', async () => {
    const tools = [look, { ...look, name: 'note' }];
    const toolChoice = { type: 'required' as const };
    const { asked, model } = world({ words: ['{"name":"note",', '"arguments":{"city":"Rome"}}'] });
    const { content, finishReason } = await model().doGenerate({ prompt, tools, toolChoice });
    expect(content).toEqual([{ type: 'tool-call', toolCallId: 'call_r1', toolName: 'note', input: '{"city":"Rome"}' }]);
    expect(finishReason.unified).toBe('tool-calls');
    expect(asked[0]?.generation?.format).toMatchObject({ kind: 'schema', schema: { anyOf: [{}, {}] } });
    const parts = await partsOf((await model().doStream({ prompt, tools, toolChoice })).stream);
    expect(parts[1]).toMatchObject({ type: 'tool-input-start', toolName: 'note' });
    const cut = world({ words: ['{"name":'], finishReason: 'length' }).model();
    const cutParts = await partsOf((await cut.doStream({ prompt, tools, toolChoice })).stream);
    expect(cutParts[2]).toEqual({ type: 'text-delta', id: '0', delta: '{"name":' });
    expect(cutParts.at(-1)).toMatchObject({ finishReason: { unified: 'length' } });
  });

  it('reads no files', async () => {
    const file = { type: 'file' as const, mediaType: 'image/png', data: 'aGk=' };
    const call = world()
      .model()
      .doGenerate({ prompt: [{ role: 'user', content: [file] }] });
    await expect(call).rejects.toThrow(InvalidRequestError);
  });

  it.each([
    ['text', 'text-generation'],
    ['terrace', 'text-generation'],
    ['smol', 'text-generation'],
    ['terrace/smol', 'text-generation'],
    ['nano', 'text-classification'],
    ['auto:bank', 'text-classification'],
    ['smol:bank', 'text-classification'],
  ])('is what "%s" stands for, or not: %s', async (id, task) => {
    const { asked, model } = world();
    // The runtime of this test classifies nothing.
    await Promise.resolve(model(id).doGenerate({ prompt })).catch(() => undefined);
    expect(asked.map((each) => each.task)).toEqual([task]);
  });
});
