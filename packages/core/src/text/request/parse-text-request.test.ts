import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { parseTextRequest } from './parse-text-request.js';
import { MAX_CHAT_BYTES } from './text-request-schema.js';

const task = 'text-generation';
const user = { role: 'user', content: 'hello' };
const chat = (...messages: readonly object[]) => ({ task, messages });
const generating = (generation: object) => ({ ...chat(user), generation });

const refusal = (input: unknown): InvalidRequestError => {
  try {
    parseTextRequest(input);
  } catch (error) {
    if (InvalidRequestError.isInstance(error)) return error;
    throw error;
  }
  throw new Error('it was accepted');
};

describe('parseTextRequest', () => {
  it('makes a chat of a text and counts its bytes', () => {
    const { messages, textBytes } = parseTextRequest({ task, text: 'häßlich' });
    expect(messages).toEqual([{ role: 'user', content: 'häßlich' }]);
    expect(textBytes).toBe(9);
  });

  it('takes a whole chat with tools and their answers', () => {
    const call = { id: 'c1', name: 'weather', arguments: '{"city":"Ulm"}' };
    const messages = [
      { role: 'system', content: 'Be brief.' },
      user,
      { role: 'assistant', content: '', toolCalls: [call] },
      { role: 'tool', content: '', toolCallId: 'c1' },
    ];
    const tools = [{ name: 'weather', parameters: { type: 'object' } }];
    expect(parseTextRequest({ task, messages, tools })).toMatchObject({ messages, tools });
  });

  it.each([
    ['neither a text nor messages', { task }, 'nothing to answer'],
    ['both', { task, text: 'a', messages: [user] }, 'both'],
    ['an empty text', { task, text: ' \n' }, 'empty'],
    ['no message at all', chat(), 'messages'],
    ['an assistant who spoke last', chat(user, { role: 'assistant', content: 'hi' }), 'assistant'],
    ['a system that spoke last', chat(user, { role: 'system', content: 'hi' }), 'system'],
    ['a user with a call id', chat({ ...user, toolCallId: 'c' }), 'messages.0.toolCallId'],
    ['a user who calls a tool', chat({ ...user, toolCalls: [] }), 'messages.0.toolCalls'],
    ['a role nobody has', chat({ role: 'root', content: 'hi' }), 'messages.0.role'],
    ['a stop string twice as long as any', generating({ stop: ['x'.repeat(257)] }), 'generation.stop.0'],
    ['a value twice', generating({ format: { kind: 'enum', values: ['a', 'b', 'a'] } }), 'values.2'],
    ['a hundred answers', generating({ n: 100 }), 'generation.n'],
    ['a temperature below zero', generating({ temperature: -1 }), 'generation.temperature'],
    ['a field nobody knows', { ...chat(user), temprature: 1 }, 'temprature'],
    ['null', null, 'request'],
    ['a list', [], 'request'],
  ])('refuses %s and says where', (_, input, where) => {
    expect(refusal(input).message).toContain(where);
  });

  it('refuses two tools of one name', () => {
    const tool = { name: 'a', parameters: true };
    expect(refusal({ ...chat(user), tools: [tool, tool] }).message).toContain('tools.1.name');
  });

  it('refuses a schema that cannot be followed, and takes any that a tool is described by', () => {
    const schema = (of: unknown) => generating({ format: { kind: 'schema', schema: of } });
    expect(parseTextRequest(schema({ type: 'object' })).generation.format.kind).toBe('schema');
    expect(refusal(schema({ type: 'nonsense' })).message).toContain('generation.format.schema');
    const cyclic: Record<string, unknown> = {};
    cyclic['properties'] = { again: cyclic };
    expect(refusal(schema(cyclic)).message).toContain('generation.format.schema');
    const toolOf = (parameters: unknown) => ({ ...chat(user), tools: [{ name: 'a', parameters }] });
    expect(parseTextRequest(toolOf({ type: 'object', 'x-note': 7 })).tools).toHaveLength(1);
    expect(refusal(toolOf(cyclic)).message).toContain('tools.0.parameters');
    expect(refusal(toolOf({ title: 'x'.repeat(70_000) })).message).toContain('65536');
  });

  it.each([
    ['a message', chat({ ...user, content: 'a\0b' })],
    ['a call', chat({ role: 'assistant', content: '', toolCalls: [{ id: 'a\0', name: 'b', arguments: '' }] }, user)],
    ['a stop string', generating({ stop: ['\0'] })],
    ['a value', generating({ format: { kind: 'enum', values: ['a', '\0'] } })],
  ])('refuses NUL in %s', (_, input) => {
    expect(refusal(input).message).toContain('NUL');
  });

  it('refuses half a surrogate pair and takes whole ones', () => {
    for (const content of ['\ud83d', 'a\ude00', '😀\ud83d']) {
      expect(refusal(chat({ ...user, content })).message).toContain('surrogate');
    }
    expect(parseTextRequest(chat({ ...user, content: '😀' })).textBytes).toBe(4);
  });

  it('takes as much as a chat may hold and not a byte more', () => {
    const half = { ...user, content: 'é'.repeat(MAX_CHAT_BYTES / 4) };
    expect(parseTextRequest(chat(half, half)).textBytes).toBe(MAX_CHAT_BYTES);
    expect(refusal(chat(half, half, { ...user, content: 'a' })).message).toContain(`${MAX_CHAT_BYTES}`);
    expect(refusal({ task, text: 'a'.repeat(MAX_CHAT_BYTES + 1) }).hint).toContain('turns that matter');
  });

  it('never says a word of a text', () => {
    const secret = 'my secret \0 is out';
    for (const input of [{ task, text: secret }, chat(user, { role: 'assistant', content: secret })]) {
      const { message, hint, facts } = refusal(input);
      expect(JSON.stringify({ message, hint, facts })).not.toContain('secret');
    }
  });

  it('either accepts or throws InvalidRequestError, whatever it is given', () => {
    const few = { maxDepth: 2, maxKeys: 3 };
    const message = fc.record({
      role: fc.constantFrom('user', 'assistant', 'tool'),
      content: fc.string({ unit: fc.constantFrom('a', ' ', '\0', '\ud83d', '😀') }),
    });
    const like = fc.record(
      { task: fc.constant(task), messages: fc.array(message), generation: fc.anything(few), tools: fc.anything(few) },
      { requiredKeys: ['task'] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.anything(few), like), (input) => {
        try {
          parseTextRequest(input);
        } catch (error) {
          expect(InvalidRequestError.isInstance(error)).toBe(true);
        }
      }),
    );
  });
});

it('takes over of schemas and parameters what is JSON, so that all of it can cross to a worker', () => {
  const schema = { type: 'boolean', default: () => true };
  const { tools, generation } = parseTextRequest({
    task: 'text-generation',
    text: 'hello',
    tools: [{ name: 'look', parameters: { type: 'object', of: () => 1 } }],
    generation: { format: { kind: 'schema', schema } },
  });
  expect(structuredClone({ tools, format: generation.format })).toEqual({
    tools: [{ name: 'look', parameters: { type: 'object' } }],
    format: { kind: 'schema', schema: { type: 'boolean' } },
  });
  const loop: Record<string, unknown> = { type: 'boolean' };
  loop['default'] = loop;
  const format = { kind: 'schema', schema: loop };
  expect(() => parseTextRequest({ task: 'text-generation', text: 'hello', generation: { format } })).toThrow(
    InvalidRequestError,
  );
});
