import { expect, it } from 'vitest';
import { terminalText } from './terminal-text.js';

it('leaves a text as it is', () => {
  const text = 'Grüße,\n\tund 👩‍👩‍👧 \u05e9\u05dc\u05d5\u05dd';
  expect(terminalText(text)).toBe(text);
});

it.each([
  ['a colour', '\u001b[31mred', '[31mred'],
  ['a title', 'a\u001b]0;mine\u0007b', 'a]0;mineb'],
  ['a carriage return', 'true\rfalse', 'truefalse'],
  ['C1 controls', 'a\u009b2Jb', 'a2Jb'],
  ['a backspace and NUL', 'a\b\u0000b', 'ab'],
  ['a turned direction', 'a\u202eb\u2066c', 'abc'],
])('sends no terminal %s', (_, text, sent) => {
  expect(terminalText(text)).toBe(sent);
});
