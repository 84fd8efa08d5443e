import { describe, expect, it } from 'vitest';
import { readToolCalls } from './read-tool-calls.js';

const read = (text: string, family = 'smollm2') => {
  let n = 0;
  return readToolCalls(text, family, () => `id-${++n}`, new Set(['look', 'note']));
};
const marked = (json: string) => `<tool_call>\n${json}\n</tool_call>`;
const LOOK = '{"name":"look","arguments":{"where":"here"}}';
const looked = { id: 'id-1', name: 'look', arguments: '{"where":"here"}' };

describe('calls of tools', () => {
  it('are read out of the text they stand in', () => {
    expect(read(`Let me see.\n${marked(LOOK)}\n`)).toEqual({ text: 'Let me see.', toolCalls: [looked] });
    const two = read(`${marked(LOOK)}${marked('{"name":"note"}')} done`);
    expect(two.text).toBe(' done');
    expect(two.toolCalls).toEqual([looked, { id: 'id-2', name: 'note', arguments: '{}' }]);
  });

  it('may be left open by the end of the turn, and have their arguments as a string', () => {
    expect(read(`<tool_call>${LOOK}`)).toEqual({ text: '', toolCalls: [looked] });
    const asString = JSON.stringify({ name: 'look', arguments: '{"where":"here"}' });
    expect(read(marked(asString)).toolCalls).toEqual([looked]);
  });

  it('of Llama are the whole answer', () => {
    const parameters = '{"name":"look","parameters":{"where":"here"}}';
    expect(read(parameters, 'llama-3.2')).toEqual({ text: '', toolCalls: [looked] });
    expect(read(`<|python_tag|>${parameters}`, 'llama-3.2').toolCalls).toEqual([looked]);
    expect(read(`I say ${parameters}`, 'llama-3.2').toolCalls).toEqual([]);
    expect(read(marked(LOOK), 'llama-3.2').toolCalls).toEqual([]);
  });

  it.each([
    ['is no JSON', marked('look here')],
    ['is cut off', '<tool_call>{"name":"look","arg'],
    ['names a tool nobody gave', marked('{"name":"delete","arguments":{}}')],
    ['has arguments that are no object', marked('{"name":"look","arguments":[1]}')],
    ['is no object', marked('["look"]')],
    ['is too long', marked(JSON.stringify({ name: 'look', arguments: { where: 'x'.repeat(65_536) } }))],
    ['is nested beyond what can be written', marked(`{"name":"look","arguments":{"a":${'['.repeat(30_000)}`)],
  ])('that %s stays text', (_, text) => {
    expect(read(text)).toEqual({ text, toolCalls: [] });
  });

  it('stand beside one that stays text', () => {
    const wrong = marked('nothing');
    expect(read(wrong + marked(LOOK))).toEqual({ text: wrong, toolCalls: [looked] });
    expect(read(`<tool_call>${marked(LOOK)}`)).toEqual({ text: '<tool_call>', toolCalls: [looked] });
  });

  it('are at most 64', () => {
    const { text, toolCalls } = read(marked(LOOK).repeat(65));
    expect(toolCalls).toHaveLength(64);
    expect(text).toBe(marked(LOOK));
  });
});
