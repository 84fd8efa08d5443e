import { freeForm, planForm, type Result } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { tellChat, type ChatAnswer } from './chat-answer.js';
import type { AnswerForm } from './chat-request.js';
import { chatEvents, chatFrame, chatResponse, chatUsage } from './chat-response.js';

const LABELS = ['balance', 'transfer', 'oos'];
const PROBABILITIES = [0.7, 0.2, 0.1];

const result = {
  requestId: 'abc',
  confidence: 0.9,
  output: { kind: 'classification', label: 'balance', alternatives: [], outOfScope: false },
  answer: { kind: 'scores', labels: LABELS, logProbs: Float64Array.from(PROBABILITIES, Math.log) },
  trace: [{ kind: 'run', tier: 'nano', tokens: 7 }],
} as unknown as Result;
const onlyLabel = {
  ...result,
  confidence: undefined,
  answer: { kind: 'label', labels: LABELS, label: 'balance', confidence: undefined },
} as unknown as Result;

const TEXT: AnswerForm = { kind: 'text' };
const only = (...labels: string[]): AnswerForm => ({
  kind: 'json',
  form: planForm({ type: 'object', properties: { label: { enum: labels } } }, LABELS, 'schema'),
});

describe('tellChat', () => {
  it('says the label', () => {
    expect(tellChat(TEXT, result, undefined)).toEqual({ kind: 'content', content: 'balance', tokens: [] });
  });

  it('says it as JSON or as the arguments of a call', () => {
    const json = JSON.stringify({ label: 'balance', confidence: 0.9 });
    expect(tellChat({ kind: 'json', form: freeForm(LABELS) }, result, undefined)).toMatchObject({ content: json });
    expect(tellChat({ kind: 'tool', name: 'f', form: freeForm(LABELS) }, result, 3)).toEqual({
      kind: 'call',
      name: 'f',
      arguments: json,
    });
  });

  it('says the likeliest label that the schema allows', () => {
    expect(tellChat(only('oos', 'transfer'), result, undefined)).toMatchObject({ content: '{"label":"transfer"}' });
  });

  it('refuses rather than naming a label that nobody gave', () => {
    expect(tellChat(only('oos', 'transfer'), onlyLabel, undefined).kind).toBe('refusal');
  });

  it('makes the label one token with the log of the confidence', () => {
    const { tokens } = tellChat(TEXT, result, 2) as Extract<ChatAnswer, { kind: 'content' }>;
    expect(tokens).toEqual([
      {
        token: 'balance',
        logprob: Math.log(0.9),
        bytes: [...Buffer.from('balance')],
        top_logprobs: [
          { token: 'balance', logprob: Math.log(0.7), bytes: [...Buffer.from('balance')] },
          { token: 'transfer', logprob: Math.log(0.2), bytes: [...Buffer.from('transfer')] },
        ],
      },
    ]);
  });

  it('makes the rest of a form tokens that could not have been others', () => {
    const answer = tellChat(only('balance'), result, 0) as Extract<ChatAnswer, { kind: 'content' }>;
    expect(answer.tokens.map(({ token }) => token).join('')).toBe(answer.content);
    expect(answer.tokens.map(({ logprob }) => Math.exp(logprob)).reduce((a, b) => a * b)).toBeCloseTo(0.9);
  });

  it('says that an unknown confidence is unlikely rather than sure', () => {
    const { tokens } = tellChat(TEXT, onlyLabel, 0) as Extract<ChatAnswer, { kind: 'content' }>;
    expect(tokens[0]?.logprob).toBe(-9999);
  });
});

const frame = chatFrame(result, { model: 'm', atWallMs: 12_345, revision: 'f'.repeat(64) });
const usage = chatUsage(result);
const call: ChatAnswer = { kind: 'call', name: 'f', arguments: '{"label":"balance"}' };
const words: ChatAnswer = { kind: 'content', content: 'balance', tokens: [] };
const refused: ChatAnswer = { kind: 'refusal', refusal: 'No.' };

describe('chatResponse', () => {
  it('has the shape of the API', () => {
    expect(chatResponse(frame, words, usage)).toEqual({
      id: 'chatcmpl-abc',
      object: 'chat.completion',
      created: 12,
      model: 'm',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'balance', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 7, completion_tokens: 1, total_tokens: 8 },
      system_fingerprint: 'fp_ffffffffffff',
    });
  });

  it('ends with a call where there is one', () => {
    expect(chatResponse(frame, call, usage)).toMatchObject({
      choices: [{ finish_reason: 'tool_calls', message: { content: null, tool_calls: [{ id: 'call_abc' }] } }],
    });
  });
});

interface Chunk {
  readonly choices: readonly { readonly delta: Record<string, unknown>; readonly finish_reason: string | null }[];
  readonly usage?: unknown;
}
type Choice = Chunk['choices'][number];

describe('chatEvents', () => {
  const chunks = (answer: ChatAnswer, includeUsage: boolean): Chunk[] => {
    const events = chatEvents(frame, answer, { usage, includeUsage }).split('\n\n');
    expect(events.splice(-2)).toEqual(['data: [DONE]', '']);
    return events.map((event) => JSON.parse(event.replace(/^data: /, '')) as Chunk);
  };
  const deltas = (answer: ChatAnswer) => chunks(answer, false).map(({ choices: [choice] }) => choice!);

  it('tells who speaks, what is said, and why it ends', () => {
    expect(deltas(words)).toEqual([
      { index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null },
      { index: 0, delta: { content: 'balance' }, logprobs: null, finish_reason: null },
      { index: 0, delta: {}, logprobs: null, finish_reason: 'stop' },
    ]);
    expect(deltas(refused)[1]!.delta).toEqual({ refusal: 'No.' });
  });

  it('names the function before its arguments', () => {
    const [first, second, last] = deltas(call) as [Choice, Choice, Choice];
    expect(first.delta['tool_calls']).toEqual([
      { index: 0, id: 'call_abc', type: 'function', function: { name: 'f', arguments: '' } },
    ]);
    expect(second.delta['tool_calls']).toEqual([{ index: 0, function: { arguments: call.arguments } }]);
    expect(last.finish_reason).toBe('tool_calls');
  });

  it('tells the usage in a chunk of its own, and only where it is asked', () => {
    expect(chunks(words, false).some((chunk) => 'usage' in chunk)).toBe(false);
    const all = chunks(words, true);
    expect(all.at(-1)).toMatchObject({ choices: [], usage });
    expect(all.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
  });
});
