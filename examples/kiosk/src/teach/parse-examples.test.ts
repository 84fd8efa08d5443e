import { describe, expect, it } from 'vitest';
import { parseExamples } from './parse-examples.js';
import { withExample } from './with-example.js';

const rowsOf = (source: string): readonly (readonly [string, string, number])[] => {
  const parsed = parseExamples(source);
  if (parsed.kind !== 'examples') throw new Error(JSON.stringify(parsed));
  return parsed.examples.map(({ text, label, line }) => [text, label, line]);
};

describe('examples of a visitor', () => {
  it.each([
    ['JSON lines', '{"text":"a b","label":"x"}\n\n{"label":"y","text":"c","more":1}', 3],
    [
      'JSON lines after a mark and with Windows breaks',
      '\uFEFF{"text":"a b","label":"x"}\r\n{"text":"c","label":" y "}',
      2,
    ],
    ['CSV', 'text,label\na b,x\nc,y\n', 3],
    ['CSV that a German spreadsheet wrote', '\uFEFFNo;Label;Text\r\n1;x;a b\r\n\r\n2;y;c', 4],
    ['CSV with blanks', 'text, label\n a b , x\n , \n"c" , "y"\n', 4],
    ['columns copied from a spreadsheet', 'text\tlabel\na b\tx\nc\ty', 3],
  ])('are read from %s', (_, source, lastLine) => {
    const rows = rowsOf(source);
    expect(rows.map(([text, label]) => [text, label])).toEqual([
      ['a b', 'x'],
      ['c', 'y'],
    ]);
    expect(rows[1]![2]).toBe(lastLine);
  });

  it('may hold delimiters, quotes and line breaks in quotes, and the lines are still counted right', () => {
    expect(rowsOf('text,label\n"a, ""b""\r\n\nc",x\nd,y')).toEqual([
      ['a, "b"\r\n\nc', 'x', 2],
      ['d', 'y', 5],
    ]);
  });

  it.each([
    ['{"text":"a","label":"x"}\n{"text":"a"', 'not-json', 2],
    ['{"text":"a","label":"x"}\nb,x', 'not-json', 2],
    ['{"text":"a","label":7}', 'no-fields', 1],
    ['{"text":"a"}', 'no-fields', 1],
    ['{"text":"a","label":"x"}\n{"text":" ","label":"x"}', 'blank', 2],
    ['a,x\nb,y', 'no-columns', 1],
    ['only one column', 'no-columns', 1],
    ['[{"text":"a","label":"x"}]', 'no-columns', 1],
    ['text,label\na,x\nb', 'column-count', 3],
    ['text,label\na, b,x', 'column-count', 2],
    ['text,label\na,x\n,y', 'blank', 3],
    ['text,label\na,x\n\n"b,y\nc,z', 'quote', 4],
    ['text,label\na 5" bolt,x', 'quote', 2],
    ['text,label\n"a"b,x', 'quote', 2],
  ])('are refused with the line at fault: %j', (source, why, line) => {
    expect(parseExamples(source)).toEqual({ kind: 'faulty', why, line });
  });

  it.each(['', ' \n\r\n', 'text,label', '\uFEFFtext,label\n\n'])('are none: %j', (source) => {
    expect(parseExamples(source)).toEqual({ kind: 'empty' });
  });

  it('are read in a moment also where a quote never ends', () => {
    const beganMs = performance.now();
    expect(parseExamples(`text,label\n"${'a ""b"", '.repeat(400_000)}`)).toMatchObject({ why: 'quote', line: 2 });
    expect(performance.now() - beganMs).toBeLessThan(2000);
  });

  it.each(['', 'text,label\n', 'Label;No;Text\nx;1;a', '{"text":"a","label":"x"}', 'text\tlabel'])(
    'grow one by one, written as those before: %j',
    (source) => {
      const text = 'he said "a, b;\tc"\nand went';
      expect(
        rowsOf(withExample(source, { text, label: 'y' }))
          .at(-1)!
          .slice(0, 2),
      ).toEqual([text, 'y']);
    },
  );
});
