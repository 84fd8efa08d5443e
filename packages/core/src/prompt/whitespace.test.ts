import { describe, expect, it } from 'vitest';
import { squeezeWhitespace } from './whitespace.js';

describe('white space', () => {
  it.each([
    ['several blanks', 'a   b \u00a0 c\t\td', 'a b c d'],
    ['ends of lines', 'a  \r\nb\t\n', 'a\nb'],
    ['empty lines', '\n\n\na\n \n\n\nb\n\n', 'a\n\nb'],
    ['what lines are indented by', '- a\n  -  b', '- a\n  - b'],
    ['a text of nothing else', ' \n\t\n ', ''],
    ['single ones', 'a b\n\nc', 'a b\n\nc'],
  ])('is squeezed: %s', (_, text, expected) => {
    expect(squeezeWhitespace(text)).toBe(expected);
  });

  it.each([
    ['a fence', '```py\ndef a():\n\n\n  return  1   # one\n```'],
    ['a fence with a shorter one in it', '````\n```\na   b\n```\nc   d\n````'],
    ['a fence of tildes', '~~~\na   b\n```\nc   d\n~~~'],
    ['a fence in a list', '- see\n    ```\n    a   b\n    ```'],
    ['a fence that is not closed', '```\na   b\n\n\nc   d'],
    ['<pre>', '<PRE class="x">\na   b\n\n\nc</pre>'],
    ['<pre> on one line', '<pre>a   b</pre>'],
    ['indented code', 'so:\n\n    a   b'],
    ['inline code', 'say `a   b`'],
  ])('stays in %s', (_, text) => {
    expect(squeezeWhitespace(text)).toBe(text);
  });

  it('is squeezed again behind code', () => {
    expect(squeezeWhitespace('```\na  b\n```\nc  d')).toBe('```\na  b\n```\nc d');
    expect(squeezeWhitespace('<pre>a  b</pre>\nc  d\n<pre>\ne  f\n</pre> \ng  h')).toBe(
      '<pre>a  b</pre>\nc d\n<pre>\ne  f\n</pre> \ng h',
    );
  });

  it('leaves surrogate halves and everything else that is not white as it is', () => {
    expect(squeezeWhitespace('\ud83d  😀\0')).toBe('\ud83d 😀\0');
  });

  it.each([' ', '\n', '\t\n', ' a', '`', '<pre>', '> '])('takes a megabyte of %j without delay', (unit) => {
    const startMs = performance.now();
    squeezeWhitespace(unit.repeat(1_048_576 / unit.length));
    expect(performance.now() - startMs).toBeLessThan(2000);
  });
});
