import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InvalidDataError } from '@terrace/core';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { readExamples } from './read-examples.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'terrace-examples-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
});

function write(name: string, ...lines: unknown[]): string {
  const file = path.join(folder, name);
  writeFileSync(file, lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  return file;
}
const rows = (count: number, label = 'a') => Array.from({ length: count }, (_, i) => ({ text: `text ${i}`, label }));

async function refused(files: readonly string[]): Promise<InvalidDataError> {
  const error: unknown = await readExamples(files).catch((caught: unknown) => caught);
  expect(InvalidDataError.isInstance(error)).toBe(true);
  return error as InvalidDataError;
}

describe('readExamples', () => {
  it('reads rows of several files in order, with the line each stands on', async () => {
    const files = [write('one', ...rows(2)), write('two', '', { text: 'last', label: 'b', more: 1 })];
    const { rows: read } = await readExamples(files);
    expect(read).toEqual([
      { text: 'text 0', label: 'a', line: 1 },
      { text: 'text 1', label: 'a', line: 2 },
      { text: 'last', label: 'b', line: 2 },
    ]);
  });

  it('keeps every n-th row of each file, from the first, blank lines not counted', async () => {
    const files = [write('one', ...rows(7)), write('two', '', ...rows(2, 'b'))];
    const { rows: read } = await readExamples(files, 3);
    expect(read.map(({ line }) => line)).toEqual([1, 4, 7, 2]);
  });

  it('has a fingerprint of texts and labels in order, and of nothing else', async () => {
    const [plain, spaced] = [
      write('plain', ...rows(3)),
      write('spaced', '', ...rows(3).map((row) => ({ ...row, id: 1 }))),
    ];
    const of = async (...files: string[]) => (await readExamples(files)).fingerprint;
    expect(await of(plain)).toMatch(/^[0-9a-f]{64}$/);
    expect(await of(spaced)).toBe(await of(plain));
    expect(await of(write('other', ...rows(3, 'b')))).not.toBe(await of(plain));
    expect(await of(write('turned', ...rows(3).toReversed()))).not.toBe(await of(plain));
  });

  it.each([
    ['is not JSON', '{"text": "x"', 'is not JSON'],
    ['is null', 'null', 'has no "text" and "label"'],
    ['has no label', { text: 'x' }, 'has no "text" and "label"'],
    ['has a label that is a number', { text: 'x', label: 7 }, 'has no "text" and "label"'],
    ['has an empty text', { text: ' ', label: 'a' }, 'The text is empty'],
    ['has a text with NUL', { text: 'a\0b', label: 'a' }, 'NUL'],
    ['has a text of 100 KB', { text: 'x'.repeat(100_000), label: 'a' }, '65536'],
    ['is longer than a line may be', 'x'.repeat(600_000), 'is too long'],
  ])('refuses a file with a row that %s, and names file and line', async (_, row, why) => {
    const file = write('rows', ...rows(1), row);
    const { message, facts, hint } = await refused([file]);
    expect(message).toContain(`Line 2 of ${file}`);
    expect(message).toContain(why);
    expect(facts).toEqual({ file, line: 2 });
    expect(hint).not.toBe('');
  });

  it('looks at the rows it keeps only', async () => {
    const file = write('rows', ...rows(1), 'not json', ...rows(1));
    expect((await readExamples([file], 2)).rows).toHaveLength(2);
  });

  it('refuses files without rows, and files that cannot be read', async () => {
    expect((await refused([write('empty'), write('blank', '', '')])).message).toContain('holds no rows');
    const missing = await refused([path.join(folder, 'none')]);
    expect(missing).toMatchObject({ facts: { file: path.join(folder, 'none') }, cause: { code: 'ENOENT' } });
    expect((await refused([folder])).message).toContain('EISDIR');
  });

  const csv = (name: string, content: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, content);
    return file;
  };

  it.each([
    ['commas', 'text,label\na b,x\n"c, d",y\n'],
    ['semicolons and Windows line breaks', '\uFEFFLabel;Text;more\r\nx;a b;1\r\ny;c, d;2'],
    ['blanks around commas', 'text, label\na b , x\n"c, d", "y"\n'],
    ['tabs', 'text\tlabel\na b\tx\nc, d\ty\textra\n'],
  ])('reads CSV with %s', async (_, content) => {
    const { rows: read } = await readExamples([csv('rows.csv', content)]);
    expect(read.map(({ text, label }) => [text, label])).toEqual([
      ['a b', 'x'],
      ['c, d', 'y'],
    ]);
  });

  it('knows CSV by its header, whatever the file is called', async () => {
    expect((await readExamples([csv('mine.jsonl', 'id,text,label\n1,a b,x\n')])).rows).toHaveLength(1);
  });

  it.each(['\n', '\r\n'])('tells the line that a row of CSV begins on, with %j as line break', async (end) => {
    const lines = ['text,label', '"one', '', 'more",x', '', '', 'two,y', ',', '"3 ""quoted""",z'];
    const { rows: read } = await readExamples([csv('rows.csv', lines.join(end))]);
    expect(read).toEqual([
      { text: 'one\n\nmore', label: 'x', line: 2 },
      { text: 'two', label: 'y', line: 7 },
      { text: '3 "quoted"', label: 'z', line: 9 },
    ]);
  });

  it.each([
    ['no such columns', 'question,answer\na,b\n', 1, 'has no columns "text" and "label"'],
    ['a row without a label', 'text,label\na,x\nb\n', 3, 'has no "text" and "label"'],
    ['a row without a text', 'text,label\na,x\n,y\n', 3, 'The text is empty'],
    ['a text whose comma is not in quotes', 'text,label\na,x\nc, d,y\n', 3, 'more columns than the header'],
    ['a quote that never ends', 'text,label\na,x\n"b,y\n', 3, 'is not CSV'],
    ['a row longer than a row may be', `text,label\na,x\n${'x'.repeat(600_000)},y\n`, 3, 'is not CSV'],
  ])('refuses CSV with %s, and names file and line', async (_, content, line, why) => {
    const file = csv('rows.csv', content);
    const { message, facts } = await refused([file]);
    expect(message).toContain(why);
    expect(facts).toEqual({ file, line });
  });
});
