import { describe, expect, it } from 'vitest';
import { createFakeChatTokenizer } from '../../testing/fake-chat-tokenizer.js';
import { ShownText } from './shown-text.js';

const tokenizer = createFakeChatTokenizer();
const noCalls: Parameters<ShownText['end']>[0] = (text) => ({ text, toolCalls: [] });
const aCall = () => ({ text: 'Let me look.', toolCalls: [{ id: '1', name: 'look', arguments: '{}' }] });

function shown(text: string, { stops = [], callMark }: { stops?: string[]; callMark?: string }, readCalls = noCalls) {
  const made = new ShownText(tokenizer.detokenizer(), stops, callMark);
  let parts = '';
  for (const token of tokenizer.encode(text)) if (!made.isStopped) parts += made.push(token);
  const early = parts;
  const { rest } = made.end(readCalls);
  expect(parts + rest).toBe(made.text);
  return { early, whole: made.text };
}

describe('the text that is shown of an answer', () => {
  it('holds back what may be a call until it is known, and shows it when it was none', () => {
    const text = 'Let me look.\n<tool_call>{"name"';
    expect(shown(text, { callMark: '<tool_call>' })).toEqual({ early: 'Let me look.\n', whole: text });
    expect(shown(text, { callMark: '<tool_call>' }, aCall)).toEqual({
      early: 'Let me look.\n',
      whole: 'Let me look.\n',
    });
    expect(shown('{"name": "look"}', { callMark: '{' }).early).toBe('');
  });

  it('shows nothing behind a stop string, also inside what may be a call', () => {
    expect(shown('a STOP b', { stops: ['STOP'] }).whole).toBe('a ');
    expect(shown('a {b STOP c', { stops: ['STOP'], callMark: '{' })).toEqual({ early: 'a ', whole: 'a {b ' });
  });

  it('shows half a character at the end as what it is', () => {
    const made = new ShownText(tokenizer.detokenizer(), [], undefined);
    expect(made.push(0xc3)).toBe('');
    expect(made.end(noCalls).rest).toBe('\uFFFD');
  });
});
