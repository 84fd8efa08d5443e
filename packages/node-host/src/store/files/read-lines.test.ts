import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines, type Line } from './read-lines.js';

async function lines(chunks: readonly (string | Buffer)[], maxLength?: number): Promise<Line[]> {
  async function* input(): AsyncGenerator<string | Buffer> {
    yield* chunks;
  }
  const read: Line[] = [];
  for await (const line of readLines(input(), maxLength)) read.push(line);
  return read;
}

const texts = (all: readonly Line[]): string[] => all.map((line) => ('text' in line ? line.text : 'too long'));

describe('readLines', () => {
  it('splits at line feeds and counts from 1', async () => {
    expect(await lines(['a\nb\n'])).toEqual([
      { number: 1, text: 'a' },
      { number: 2, text: 'b' },
    ]);
  });

  it('gives the last line with or without its end, and no line for nothing', async () => {
    expect(texts(await lines(['a\nb']))).toEqual(['a', 'b']);
    expect(await lines([])).toEqual([]);
    expect(await lines([''])).toEqual([]);
  });

  it('passes over blank lines and counts them', async () => {
    expect(await lines(['\n \n\t\r\nlast\n\n'])).toEqual([{ number: 4, text: 'last' }]);
  });

  it('does not care how the bytes were cut into chunks', async () => {
    const line = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).map((text) => text.replaceAll('\n', ''));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), fc.array(fc.nat(300), { maxLength: 6 }), async (all, cuts) => {
        const bytes = Buffer.from(all.join('\n'));
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length];
        const chunks = places.slice(1).map((end, i) => bytes.subarray(places[i], end));
        expect(await lines(chunks)).toEqual(await lines([bytes]));
      }),
      { numRuns: 50 },
    );
  });

  it('puts a character together that was cut in two', async () => {
    const bytes = Buffer.from('é🎉\n');
    expect(texts(await lines(Array.from(bytes, (byte) => Buffer.from([byte]))))).toEqual(['é🎉']);
  });

  it('drops a byte order mark, and keeps the line', async () => {
    expect(texts(await lines([Buffer.from('\uFEFF{}\n')]))).toEqual(['{}']);
  });
});

describe('a line that is too long', () => {
  it('is named in its place and the rest goes on', async () => {
    expect(await lines(['ok\n', `${'x'.repeat(11)}\n`, 'ok\n'], 10)).toEqual([
      { number: 1, text: 'ok' },
      { number: 2, tooLong: true },
      { number: 3, text: 'ok' },
    ]);
  });

  it('is one line, in however many chunks it comes', async () => {
    const chunks = ['a\n', ...Array.from({ length: 50 }, () => 'x'.repeat(7)), '\nb'];
    expect(texts(await lines(chunks, 10))).toEqual(['a', 'too long', 'b']);
  });

  it('may be the last one, without an end', async () => {
    expect(texts(await lines(['a\n', 'x'.repeat(30)], 10))).toEqual(['a', 'too long']);
  });

  it('may be as long as is allowed, and no longer', async () => {
    expect(texts(await lines(['x'.repeat(10), '\n'], 10))).toEqual(['x'.repeat(10)]);
    expect(texts(await lines(['x'.repeat(10), 'x\n'], 10))).toEqual(['too long']);
  });
});
