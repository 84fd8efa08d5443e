import type { LanguageModelV2, LanguageModelV3, LanguageModelV3CallOptions } from '@ai-sdk/provider';
import { describe, expect, it } from 'vitest';
import { DEFAULT_GENERATION } from '../../tasks/text-generation/generation.js';
import type { TextEnd, TextPiece } from '../../tasks/text-generation/text-output.js';
import { createFakeClock } from '../../testing/fake-clock.js';
import { seededRandom } from '../../testing/seeded-random.js';
import { openRemotes, toOwnEndpoint } from '../open-remotes.js';
import { openRemoteText } from './open-remote-text.js';
import type { RemoteChat } from './text-client.js';

/** A model that says these parts, of either specification. */
function saying(parts: readonly object[], asked: LanguageModelV3CallOptions[] = [], version: 'v2' | 'v3' = 'v3') {
  return {
    specificationVersion: version,
    provider: 'p',
    modelId: 'm',
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error('unused')),
    doStream: (options: LanguageModelV3CallOptions) => {
      asked.push(options);
      const stream = new ReadableStream({
        start(controller) {
          for (const part of parts) controller.enqueue(part);
          controller.close();
        },
      });
      return Promise.resolve({ stream });
    },
  } as unknown as LanguageModelV2 | LanguageModelV3;
}

async function ask(
  model: LanguageModelV2 | LanguageModelV3,
  chat: Partial<RemoteChat> = {},
  signal?: AbortSignal,
): Promise<{ pieces: TextPiece[]; end: TextEnd }> {
  const clock = createFakeClock();
  const own = toOwnEndpoint({ id: 'own', placement: 'cloud', tasks: ['text-generation'], model });
  const remotes = openRemotes({ clock, random: seededRandom(1), endpoints: [own] });
  const stream = openRemoteText({ endpoint: own.endpoint, remotes, clock }).stream(
    {
      messages: [{ role: 'user', content: 'I am jo@example.com' }],
      tools: [],
      prefix: '',
      generation: DEFAULT_GENERATION,
      model: own.endpoint.model,
      requestId: 'r',
      key: undefined,
      onCall: () => undefined,
      onRedacted: () => undefined,
      ...chat,
    },
    signal,
  );
  const pieces: TextPiece[] = [];
  for (;;) {
    const { done, value } = await stream.next();
    if (done) return { pieces, end: value };
    pieces.push(...value);
  }
}

const V2 = { finishReason: 'stop', usage: { inputTokens: 5, outputTokens: 2, totalTokens: 7 } };
const V3 = {
  finishReason: { unified: 'stop', raw: 'end' },
  usage: { inputTokens: { total: 5 }, outputTokens: { total: 2 } },
};

describe('text by a model of the AI SDK', () => {
  it.each([
    ['v2', V2],
    ['v3', V3],
  ] as const)('of specification %s has the shape of all others, and gets nothing personal', async (version, finish) => {
    const asked: LanguageModelV3CallOptions[] = [];
    const parts = [
      { type: 'stream-start', warnings: [] },
      { type: 'reasoning-delta', id: '0', delta: 'hm' },
      { type: 'text-delta', id: '1', delta: 'Hello [EMAIL' },
      { type: 'text-delta', id: '1', delta: '_1]' },
      { type: 'finish', ...finish },
    ];
    const { pieces, end } = await ask(saying(parts, asked, version));
    expect(pieces.map(({ text }) => text).join('')).toBe('Hello jo@example.com');
    expect(end).toMatchObject({
      choices: [{ finishReason: 'stop', toolCalls: [] }],
      usage: { inputTokens: 5, outputTokens: 2 },
    });
    expect(asked[0]).toMatchObject({
      prompt: [{ role: 'user', content: [{ type: 'text', text: 'I am [EMAIL_1]' }] }],
      maxOutputTokens: 256,
      temperature: 0,
    });
  });

  it('calls tools, and is told what they said', async () => {
    const asked: LanguageModelV3CallOptions[] = [];
    const call = { type: 'tool-call', toolCallId: 'c1', toolName: 'look', input: '{"a":1}' };
    const finish = { type: 'finish', ...V3, finishReason: { unified: 'tool-calls', raw: undefined } };
    const { end } = await ask(saying([call, finish], asked), {
      tools: [{ name: 'look', parameters: { type: 'object' } }],
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', content: '', toolCalls: [{ id: 'c0', name: 'look', arguments: '{"b":2}' }] },
        { role: 'tool', content: 'seen', toolCallId: 'c0' },
      ],
    });
    expect(end.choices[0]).toMatchObject({
      finishReason: 'tool-calls',
      toolCalls: [{ id: 'c1', name: 'look', arguments: '{"a":1}' }],
    });
    expect(asked[0]).toMatchObject({
      tools: [{ type: 'function', name: 'look', inputSchema: { type: 'object' } }],
      prompt: [
        { role: 'user' },
        { role: 'assistant', content: [{ type: 'tool-call', toolName: 'look', input: { b: 2 } }] },
        { role: 'tool', content: [{ toolCallId: 'c0', toolName: 'look', output: { type: 'text', value: 'seen' } }] },
      ],
    });
  });

  it('fails as endpoints do, and repeats nothing of why', async () => {
    const parts = [
      { type: 'text-delta', id: '1', delta: 'x' },
      { type: 'error', error: new Error('secret') },
    ];
    const error = await ask(saying(parts)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'ENDPOINT_FAILED' });
    expect(String((error as Error).message)).not.toContain('secret');
    const cut = await ask(saying([{ type: 'text-delta', id: '1', delta: 'x' }])).catch((thrown: unknown) => thrown);
    expect(cut).toMatchObject({ code: 'ENDPOINT_FAILED' });
  });

  it('is told at once that nobody waits for it any more', async () => {
    let told: unknown;
    const model = saying([]) as LanguageModelV3;
    const silent: LanguageModelV3 = {
      ...model,
      doStream: ({ abortSignal }) => {
        abortSignal!.addEventListener('abort', () => (told = true));
        return Promise.resolve({ stream: new ReadableStream({}) });
      },
    };
    const over = new AbortController();
    const asked = ask(silent, {}, over.signal);
    setTimeout(() => over.abort(new Error('enough')), 5);
    await expect(asked).rejects.toThrow('enough');
    expect(told).toBe(true);
  });

  it('gives one answer at a time', async () => {
    const asked = ask(saying([]), { generation: { ...DEFAULT_GENERATION, n: 2 } });
    await expect(asked).rejects.toMatchObject({ code: 'ENDPOINT_REFUSED' });
  });
});
