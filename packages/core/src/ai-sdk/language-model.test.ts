import type { LanguageModelV3CallOptions, LanguageModelV3StreamPart } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { RequestInput } from '../request/parse-request.js';
import type { Runtime } from '../runtime/runtime-interface.js';
import type { Result } from '../runtime/result.js';
import { createLanguageModel } from './language-model.js';

const LABELS = ['balance', 'transfer'];

/** What a tier that only names a label makes of everything. */
const named: Result = {
  requestId: 'r1',
  output: { kind: 'classification', label: 'balance', alternatives: [], outOfScope: false },
  tier: 'cloud',
  placement: 'cloud',
  path: ['cloud'],
  confidence: undefined,
  verdict: { kind: 'accept', reason: 'sure-enough', calibrated: false, certificate: undefined, degraded: undefined },
  answer: { kind: 'label', labels: LABELS, label: 'balance', confidence: undefined },
  costUsd: 0.002,
  sentBytes: 40,
  queued: undefined,
  trace: [],
};

function model(result = named) {
  const asked: RequestInput[] = [];
  const run = ((input: RequestInput) => {
    asked.push(input);
    return Promise.resolve(result);
  }) as Runtime['run'];
  return { asked, model: createLanguageModel('auto:bank', { run }) };
}

const prompt: LanguageModelV3CallOptions['prompt'] = [
  { role: 'system', content: 'You are a bank.' },
  { role: 'user', content: [{ type: 'text', text: 'first' }] },
  { role: 'assistant', content: [{ type: 'text', text: 'transfer' }] },
  {
    role: 'user',
    content: [
      { type: 'text', text: 'how much' },
      { type: 'text', text: 'is left' },
    ],
  },
];
const properties = { label: { type: 'string' as const }, confidence: { type: 'number' as const } };
const json = (required: string[]): LanguageModelV3CallOptions => ({
  prompt,
  responseFormat: { type: 'json', schema: { type: 'object', properties, required } },
});
const tool = (name: string) => ({
  type: 'function' as const,
  name,
  inputSchema: { type: 'object' as const, properties },
});

describe('a tier as a language model', () => {
  it('is asked for the last user message, and what the name says counts more than options', async () => {
    const { model: tier, asked } = model();
    const terrace = { domain: 'other', maxRisk: 0.02, text: 'another', policy: 'base' };
    await tier.doGenerate({ prompt, providerOptions: { terrace } });
    expect(asked).toEqual([
      { task: 'text-classification', text: 'how much\nis left', domain: 'bank', policy: 'cascade', maxRisk: 0.02 },
    ]);
  });

  it('tells cost and that nobody knows how sure it is', async () => {
    const { providerMetadata } = await model().model.doGenerate({ prompt });
    expect(providerMetadata?.['terrace']).toMatchObject({ tier: 'cloud', confidence: null, costUsd: 0.002 });
  });

  it('leaves out a confidence nobody knows, and refuses where it is required', async () => {
    const { content } = await model().model.doGenerate(json(['label']));
    expect(content).toEqual([{ type: 'text', text: '{"label":"balance"}' }]);
    await expect(model().model.doGenerate(json(['label', 'confidence']))).rejects.toThrow(InvalidRequestError);
  });

  it('answers in words where the only tool has no place for a label, unless it has to be called', async () => {
    const poem = {
      ...tool('poem'),
      inputSchema: { type: 'object' as const, properties: { lines: { type: 'array' as const } } },
    };
    const { content } = await model().model.doGenerate({ prompt, tools: [poem] });
    expect(content).toEqual([{ type: 'text', text: 'balance' }]);
    const forced = model().model.doGenerate({ prompt, tools: [poem], toolChoice: { type: 'required' } });
    await expect(forced).rejects.toThrow(InvalidRequestError);
  });

  it('calls the tool that is named, and none of several that are not', async () => {
    const tools = [tool('route'), tool('note')];
    const { content } = await model().model.doGenerate({
      prompt,
      tools,
      toolChoice: { type: 'tool', toolName: 'note' },
    });
    expect(content).toEqual([
      { type: 'tool-call', toolCallId: 'call_r1', toolName: 'note', input: '{"label":"balance"}' },
    ]);
    expect((await model().model.doGenerate({ prompt, tools })).content).toMatchObject([{ type: 'text' }]);
    expect((await model().model.doGenerate({ prompt, tools, toolChoice: { type: 'none' } })).content).toMatchObject([
      { type: 'text' },
    ]);
    for (const toolChoice of [{ type: 'required' }, { type: 'tool', toolName: 'gone' }] as const)
      await expect(model().model.doGenerate({ prompt, tools, toolChoice })).rejects.toThrow(InvalidRequestError);
  });

  it('streams what it generates', async () => {
    const kindsOf = async (options: LanguageModelV3CallOptions): Promise<string[]> => {
      const { stream } = await model().model.doStream(options);
      const kinds: string[] = [];
      for await (const part of stream as unknown as AsyncIterable<LanguageModelV3StreamPart>) kinds.push(part.type);
      return kinds;
    };
    const around = (...kinds: string[]): string[] => ['stream-start', 'response-metadata', ...kinds, 'finish'];
    expect(await kindsOf({ prompt })).toEqual(around('text-start', 'text-delta', 'text-end'));
    expect(await kindsOf({ prompt, tools: [tool('route')] })).toEqual(
      around('tool-input-start', 'tool-input-delta', 'tool-input-end', 'tool-call'),
    );
  });

  it('has nothing to classify without a user message of text', async () => {
    const image = { type: 'file' as const, mediaType: 'image/png', data: 'aGk=' };
    for (const each of [[], [{ role: 'user' as const, content: [image] }]])
      await expect(model().model.doGenerate({ prompt: each })).rejects.toThrow(InvalidRequestError);
  });
});
