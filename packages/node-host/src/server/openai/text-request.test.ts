import { InvalidRequestError } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { parseTextChat } from './text-request.js';

const user = { role: 'user', content: 'my text' };
const chat = (more: object = {}) => ({ model: 'terrace/text', messages: [user], ...more });
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const tool = (name: string, given: object = parameters) => ({
  type: 'function',
  function: { name, description: 'looks', parameters: given },
});
const schema = (given: object) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'a', schema: given } },
});

function refusal(body: unknown): unknown {
  try {
    parseTextChat(body);
  } catch (error) {
    if (!InvalidRequestError.isInstance(error)) throw error;
    expect(error.message).not.toContain('my text');
    return `${String(error.facts['param'])} ${String(error.facts['reason'])}`;
  }
  return 'it was accepted';
}

describe('a chat that is answered in text', () => {
  it('is read with everything that steers the writing', () => {
    const { input, ...rest } = parseTextChat(
      chat({
        temperature: 0.5,
        top_p: 0.9,
        top_k: 40,
        seed: 7,
        stop: 'END',
        n: 2,
        max_tokens: 9,
        logit_bias: { 5: -100 },
        logprobs: true,
        repetition_penalty: 1.1,
        frequency_penalty: 0,
        user: 'u',
        stream: true,
        stream_options: { include_usage: true },
      }),
    );
    expect(rest).toEqual({ model: 'terrace/text', stream: true, includeUsage: true, forced: undefined });
    expect(input.generation).toEqual({
      temperature: 0.5,
      topP: 0.9,
      topK: 40,
      seed: 7,
      stop: ['END'],
      n: 2,
      maxTokens: 9,
      logitBias: { 5: -100 },
      topLogProbs: 0,
      repetitionPenalty: 1.1,
    });
  });

  it('says nothing of what the caller leaves open', () => {
    expect(parseTextChat(chat({ temperature: null, stop: null })).input).toEqual({
      messages: [user],
      tools: [],
      generation: {},
    });
  });

  it('is read with its turns, parts and calls', () => {
    const call = { id: 'c1', type: 'function', function: { name: 'look', arguments: '{}' } };
    const messages = [
      { role: 'developer', content: 'Be kind.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'one' },
          { type: 'text', text: 'two' },
        ],
      },
      { role: 'assistant', content: null, tool_calls: [call] },
      { role: 'tool', content: 'rain', tool_call_id: 'c1' },
    ];
    expect(parseTextChat(chat({ messages })).input.messages).toEqual([
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'one\ntwo' },
      { role: 'assistant', content: '', toolCalls: [{ id: 'c1', name: 'look', arguments: '{}' }] },
      { role: 'tool', content: 'rain', toolCallId: 'c1' },
    ]);
  });

  it('tells of its tools, and has the one called that must be', () => {
    const tools = [tool('look'), tool('note')];
    const asked = { name: 'look', description: 'looks', parameters };
    expect(parseTextChat(chat({ tools })).input.tools).toHaveLength(2);
    expect(parseTextChat(chat({ tools, tool_choice: 'none' })).input.tools).toEqual([]);
    const forced = parseTextChat(chat({ tools, tool_choice: { type: 'function', function: { name: 'look' } } }));
    expect(forced).toMatchObject({ forced: { name: 'look' }, input: { tools: [asked] } });
    expect(forced.input.generation?.format).toEqual({ kind: 'schema', schema: parameters });
    expect(parseTextChat(chat({ tools: [tool('look')], tool_choice: 'required' })).forced?.name).toBe('look');
    const either = parseTextChat(chat({ tools, tool_choice: 'required' }));
    expect(either.forced?.name).toBeUndefined();
    expect(either.input.generation?.format).toMatchObject({ kind: 'schema', schema: { anyOf: [{}, {}] } });
  });

  it('is held to its format', () => {
    const format = (more: object) => parseTextChat(chat(more)).input.generation?.format;
    expect(format({ response_format: { type: 'json_object' } })).toEqual({ kind: 'json' });
    expect(format(schema(parameters))).toEqual({ kind: 'schema', schema: parameters });
  });

  it.each([
    ['a hundred answers', chat({ n: 100 }), 'n invalid_value'],
    ['a negative temperature', chat({ temperature: -1 }), 'temperature invalid_value'],
    ['nothing of the distribution', chat({ top_p: 0 }), 'top_p invalid_value'],
    ['a penalty that is not there', chat({ presence_penalty: 0.5 }), 'presence_penalty unsupported_parameter'],
    ['a bias of a word', chat({ logit_bias: { the: 1 } }), 'logit_bias.the invalid_value'],
    ['an empty stop string', chat({ stop: '' }), 'stop invalid_value'],
    ['an unknown parameter', chat({ best_of: 2 }), 'best_of unknown_parameter'],
    ['sound', chat({ audio: {} }), 'audio unsupported_parameter'],
    ['alternatives alone', chat({ top_logprobs: 2 }), 'top_logprobs invalid_value'],
    [
      'a picture',
      chat({ messages: [{ role: 'user', content: [{ type: 'image_url' }] }] }),
      'messages.0.content.0 invalid_value',
    ],
    [
      'an answer of a function of old',
      chat({ messages: [{ role: 'function', content: 'a' }] }),
      'messages.0.role invalid_value',
    ],
    ['any of no tools', chat({ tools: [], tool_choice: 'required' }), 'tool_choice invalid_value'],
    [
      'any of two tools of which one cannot be followed',
      chat({ tools: [tool('a'), tool('b', { not: {} })], tool_choice: 'required' }),
      'tools.1.function.parameters unsupported_schema',
    ],
    [
      'any of more tools than can be told apart',
      chat({ tools: Array.from({ length: 65 }, (_, i) => tool(`t${i}`)), tool_choice: 'required' }),
      'tools unsupported_schema',
    ],
    [
      'a schema that cannot be followed',
      chat(schema({ type: 'object', patternProperties: { a: {} } })),
      'response_format.json_schema.schema unsupported_schema',
    ],
    [
      'arguments that cannot be',
      chat({ tools: [tool('a', { type: 'string', format: 'regex' })], tool_choice: 'required' }),
      'tools.0.function.parameters unsupported_schema',
    ],
  ])('is refused with %s', (_, body, why) => {
    expect(refusal(body)).toBe(why);
  });
});
