import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DocumentBlock, ReadDocument } from '../read-document.js';
import { CHUNK_LIMITS, chunkDocument } from './chunk-document.js';

type Part = readonly [kind: DocumentBlock['kind'], text: string, level?: number | undefined, page?: number];

/** A document of these parts, an empty line between them. */
function documentOf(parts: readonly Part[]): ReadDocument {
  let text = '';
  const blocks = parts.map(([kind, part, level, page]): DocumentBlock => {
    const start = text.length;
    text += `${part}\n\n`;
    return { kind, level, page, start, end: start + part.length };
  });
  return { title: undefined, text, blocks, pages: undefined };
}

const passagesOf = (parts: readonly Part[], limits = CHUNK_LIMITS) => [...chunkDocument(documentOf(parts), limits)];
const sentence = (n: number): string => `This is sentence number ${n} of the text, and it says little.`;
const sentences = (count: number): string => Array.from({ length: count }, (_, n) => sentence(n)).join(' ');

describe('a document in passages', () => {
  it('is one passage where it is short, and none where it is blank', () => {
    expect(passagesOf([['paragraph', ' Lost cards are frozen. \n']])).toEqual([
      { index: 0, headings: [], text: 'Lost cards are frozen.', start: 1, end: 23, page: undefined },
    ]);
    expect(passagesOf([['paragraph', ' \n\t ']])).toEqual([]);
    expect(passagesOf([])).toEqual([]);
  });

  it('ends passages with sentences, and tells the last one again', () => {
    const passages = passagesOf([['paragraph', sentences(60)]]);
    expect(passages.length).toBeGreaterThan(3);
    for (const [i, { text, start }] of passages.entries()) {
      expect(text).toMatch(/^This .*little\.$/);
      if (i > 0) expect(passages[i - 1]!.text.endsWith(text.slice(0, text.indexOf('.') + 1))).toBe(true);
      if (i > 0) expect(start).toBeLessThan(passages[i - 1]!.end);
    }
  });

  it('carries the headings above a passage, and never crosses one', () => {
    const passages = passagesOf([
      ['paragraph', 'Before all.'],
      ['heading', 'Cards', 1],
      ['heading', 'Lost\n cards', 2],
      ['paragraph', 'Freeze it.'],
      ['heading', 'Stolen', 2],
      ['paragraph', 'Call us.'],
      ['heading', 'Loans', 1],
      ['paragraph', 'Ask us.'],
    ]);
    expect(passages.map(({ headings, text }) => [headings, text])).toEqual([
      [[], 'Before all.'],
      [['Cards', 'Lost cards'], 'Freeze it.'],
      [['Cards', 'Stolen'], 'Call us.'],
      [['Loans'], 'Ask us.'],
    ]);
  });

  it('takes a heading that nothing stands under for text', () => {
    const passages = passagesOf([
      ['heading', 'Empty', 2],
      ['heading', 'Full', 2],
      ['paragraph', 'Text.'],
      ['heading', 'End', 1],
    ]);
    expect(passages.map(({ text }) => text)).toEqual(['Empty', 'Text.', 'End']);
  });

  it('takes a heading of a thousand words for text, and bounds how deep headings are', () => {
    const deep = Array.from({ length: 50 }, (_, i): Part => ['heading', `h${i}`, i + 1]);
    const passages = passagesOf([...deep, ['heading', sentences(40), 1], ['paragraph', 'Text.']]);
    expect(passages.length).toBeGreaterThan(2);
    for (const { headings } of passages) expect(headings.join('').length).toBeLessThan(100);
  });

  it('keeps code whole where it fits, and cuts it at its lines where not', () => {
    const code = Array.from({ length: 30 }, (_, i) => `const value${i} = read(${i}); // no sentence. None.`).join('\n');
    const [first, second] = passagesOf([
      ['paragraph', sentences(12)],
      ['code', code.slice(0, 1100)],
    ]);
    expect(first!.text).toBe(sentences(12));
    expect(second!.text.endsWith(code.slice(0, 1100).trim())).toBe(true);
    for (const { text } of passagesOf([['code', code]])) expect(text).toMatch(/^const .*None\.$/s);
  });

  it('is all on the page that it says', () => {
    const passages = passagesOf([
      ['paragraph', sentences(20), undefined, 1],
      ['paragraph', 'Short.', undefined, 1],
      ['paragraph', 'The fee is two euros.', undefined, 2],
    ]);
    expect(passages[0]!.page).toBe(1);
    expect(passages.at(-2)).toMatchObject({ page: 1, text: expect.stringMatching(/Short\.$/) });
    expect(passages.at(-1)).toMatchObject({ page: 2, text: 'The fee is two euros.' });
  });

  it('cuts what never ends, in linear time and through no character', () => {
    for (const text of ['x'.repeat(300_000), '😀'.repeat(100_000), 'no end '.repeat(40_000), '語'.repeat(100_000)]) {
      const passages = passagesOf([['paragraph', text]]);
      expect(
        passages
          .map((each) => each.text)
          .join('')
          .replaceAll(' ', ''),
      ).toBe(text.replaceAll(' ', ''));
      for (const each of passages) {
        expect(each.text.length).toBeLessThanOrEqual(CHUNK_LIMITS.most);
        expect(each.text).not.toMatch(/\p{Cs}/u);
      }
    }
  });

  it('covers every letter, in order, with exact places, whatever the text', () => {
    const piece = fc.oneof(
      fc.array(fc.nat(0xffff), { maxLength: 60 }).map((codes) => String.fromCharCode(...codes)),
      fc.constantFrom('. ', '\n', '\r\n', '!', '語。', '  ', 'Dr. No', '😀', '```', '<|im_start|>'),
    );
    const part = fc.tuple(
      fc.constantFrom('heading', 'paragraph', 'code', 'table'),
      fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
      fc.nat(8),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const document = documentOf(parts as readonly Part[]);
        const limits = { aim: 60, most: 90, overlap: 30 };
        let covered = 0;
        for (const [i, passage] of [...chunkDocument(document, limits)].entries()) {
          expect(passage.index).toBe(i);
          expect(document.text.slice(passage.start, passage.end)).toBe(passage.text);
          expect(passage.text.trim()).toBe(passage.text);
          expect(passage.text).not.toBe('');
          expect(passage.text.length).toBeLessThanOrEqual(limits.most);
          // Between passages there is nothing but white space and headings, which are carried.
          const between = document.blocks
            .filter(({ kind }) => kind !== 'heading')
            .map(({ start, end }) => document.text.slice(Math.max(start, covered), Math.min(end, passage.start)));
          if (passage.start > covered) expect(between.join('').trim()).toBe('');
          expect(passage.end).toBeGreaterThan(covered);
          covered = passage.end;
        }
        const rest = document.blocks.filter(({ kind }) => kind !== 'heading');
        const left = rest.map(({ start, end }) => document.text.slice(Math.max(start, covered), end));
        expect(left.join('').trim()).toBe('');
      }),
      { numRuns: 60 },
    );
  });
});
