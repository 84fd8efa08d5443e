import { InvalidRequestError } from '@terrace/core';
import { describe, expect, it } from 'vitest';
import { answerForm, parseChat } from './chat-request.js';

const user = (content: unknown) => ({ role: 'user', content });
const chat = (more: object = {}) => ({ model: 'terrace/auto:bank', messages: [user('my text')], ...more });
const tool = (name: string, parameters: object = { type: 'object', properties: { label: { type: 'string' } } }) => ({
  type: 'function',
  function: { name, parameters },
});
const named = (name: string) => ({ type: 'function', function: { name } });

function refusal(body: unknown): { message: string; param: unknown; reason: unknown } {
  try {
    parseChat(body);
  } catch (error) {
    if (!InvalidRequestError.isInstance(error)) throw error;
    return { message: error.message, param: error.facts['param'], reason: error.facts['reason'] };
  }
  throw new Error('it was accepted');
}

describe('parseChat', () => {
  it('classifies the last user message, whatever comes before and after', () => {
    const messages = [
      { role: 'system', content: 'Be kind.' },
      user('first'),
      { role: 'assistant', content: null, tool_calls: [{ id: 'a' }], reasoning_content: 'hm' },
      { role: 'tool', content: 'done', tool_call_id: 'a' },
      user([
        { type: 'text', text: 'second' },
        { type: 'text', text: 'part' },
      ]),
      { role: 'assistant', content: 'well' },
    ];
    expect(parseChat({ model: 'm', messages })).toEqual({
      model: 'm',
      text: 'second\npart',
      stream: false,
      includeUsage: false,
      topLogProbs: undefined,
      wanted: { kind: 'text' },
    });
  });

  it('takes every parameter that steers how text is written', () => {
    const all = {
      temperature: 0.2,
      top_p: 1,
      frequency_penalty: 0,
      presence_penalty: -1,
      seed: 7,
      max_tokens: 5,
      max_completion_tokens: 5,
      stop: ['\n'],
      logit_bias: { 50256: -100 },
      metadata: { run: '7' },
      modalities: ['text'],
      parallel_tool_calls: false,
      prompt_cache_key: 'k',
      reasoning_effort: 'low',
      safety_identifier: 's',
      service_tier: 'auto',
      store: false,
      user: 'u',
      verbosity: 'low',
      n: 1,
    };
    expect(parseChat(chat(all)).text).toBe('my text');
    const nothing = Object.fromEntries(Object.keys(all).map((name) => [name, null]));
    expect(parseChat(chat({ ...nothing, functions: null, audio: null })).text).toBe('my text');
  });

  it.each([
    ['an unknown parameter', chat({ temprature: 1 }), 'temprature', 'unknown_parameter'],
    ['two answers', chat({ n: 2 }), 'n', 'invalid_value'],
    ['functions of old', chat({ functions: [] }), 'functions', 'unsupported_parameter'],
    ['sound', chat({ audio: {} }), 'audio', 'unsupported_parameter'],
    ['storing', chat({ store: true }), 'store', 'invalid_value'],
    ['a temperature in words', chat({ temperature: 'hot' }), 'temperature', 'invalid_type'],
    ['a temperature out of bounds', chat({ temperature: 3 }), 'temperature', 'invalid_value'],
    ['no messages', { model: 'm' }, 'messages', 'missing_required_parameter'],
    ['no model', { messages: [user('a')] }, 'model', 'missing_required_parameter'],
    ['messages of nobody', chat({ messages: [] }), 'messages', 'invalid_value'],
    ['no user', chat({ messages: [{ role: 'system', content: 'a' }] }), 'messages', 'missing_required_parameter'],
    ['a user without content', chat({ messages: [user(null)] }), 'messages.0.content', 'missing_required_parameter'],
    ['a picture', chat({ messages: [user([{ type: 'image_url' }])] }), 'messages.0.content.0', 'invalid_value'],
    ['a stranger', chat({ messages: [{ role: 'god', content: 'a' }] }), 'messages.0.role', 'invalid_value'],
    ['alternatives without log-probabilities', chat({ top_logprobs: 2 }), 'top_logprobs', 'invalid_value'],
    ['options of no stream', chat({ stream_options: {} }), 'stream_options', 'invalid_value'],
    ['a tool that is not there', chat({ tool_choice: named('a') }), 'tool_choice', 'invalid_value'],
    [
      'any of two tools',
      chat({ tools: [tool('a'), tool('b')], tool_choice: 'required' }),
      'tool_choice',
      'invalid_value',
    ],
    ['a list', [], 'body', 'invalid_type'],
    ['nothing', undefined, 'body', 'invalid_type'],
  ])('refuses %s', (_, body, param, reason) => {
    expect(refusal(body)).toMatchObject({ param, reason });
  });

  it('repeats no content in a refusal', () => {
    const secret = 'my secret';
    const bodies = [
      chat({ messages: [{ role: secret, content: secret }] }),
      chat({ messages: [user([{ type: secret }])] }),
      chat({ temperature: secret, user: 7 }),
      chat({ stop: { [secret]: secret } }),
    ];
    for (const body of bodies) expect(refusal(body).message).not.toContain('secret');
  });
});

describe('answerForm', () => {
  const formOf = (more: object) => {
    const { kind, ...rest } = answerForm(parseChat(chat(more)).wanted, ['balance']);
    return 'name' in rest ? `${kind} ${rest.name}` : kind;
  };
  const after = [user('a'), { role: 'assistant', content: null }, { role: 'tool', content: '1', tool_call_id: 'c' }];

  it('is text where nothing else is asked', () => {
    expect(formOf({})).toBe('text');
    expect(formOf({ response_format: { type: 'text' } })).toBe('text');
    expect(formOf({ tools: [tool('a')], tool_choice: 'none' })).toBe('text');
  });

  it('is JSON where a format asks for it', () => {
    expect(formOf({ response_format: { type: 'json_object' } })).toBe('json');
    expect(formOf({ response_format: { type: 'json_schema', json_schema: { name: 'a' } } })).toBe('json');
  });

  it('is a call of the tool that was named, or of the only one', () => {
    const two = [tool('a'), tool('b')];
    expect(formOf({ tools: two, tool_choice: named('b') })).toBe('tool b');
    expect(formOf({ tools: [tool('a')], tool_choice: 'required' })).toBe('tool a');
    expect(formOf({ tools: [tool('a')] })).toBe('tool a');
    expect(formOf({ tools: two })).toBe('text');
  });

  it('is text after a tool was called, so that a loop of calls ends', () => {
    expect(formOf({ tools: [tool('a')], messages: after })).toBe('text');
    expect(formOf({ tools: [tool('a')], messages: after, tool_choice: 'required' })).toBe('tool a');
  });

  it('is text where the only tool has no place for a label and need not be called', () => {
    const other = tool('a', { type: 'object', properties: { count: { type: 'number' } }, required: ['count'] });
    expect(formOf({ tools: [other] })).toBe('text');
    expect(() => formOf({ tools: [other], tool_choice: 'required' })).toThrow(InvalidRequestError);
  });
});
