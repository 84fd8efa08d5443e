import { expect, it } from 'vitest';
import { readPdf, type PdfLibrary } from './read-pdf.js';

/** A page of these lines, one below the other. */
const pageOf = (lines: readonly string[]) => ({
  cleanup: () => undefined,
  getTextContent: async () => ({
    items: lines.map((str, at) => ({ str, transform: [1, 0, 0, 1, 0, 700 - 12 * at], height: 10, hasEOL: true })),
  }),
});
const libraryOf = (...pages: readonly (readonly string[])[]): PdfLibrary => ({
  open: async () => ({
    numPages: pages.length,
    getPage: async (number) => pageOf(pages[number - 1]!),
    getMetadata: async () => ({ info: {} }),
  }),
});
const textOf = async (...lines: readonly string[]): Promise<string> =>
  (await readPdf(Uint8Array.of(), libraryOf(lines), () => undefined)).text;

it('joins lines by a space, where the script sets any between words', async () => {
  expect(await textOf('A card is', 'blocked.')).toBe('A card is blocked.');
  expect(await textOf('手数料は二百円', 'です。', 'カー', 'ドは', '「無料」。')).toBe(
    '手数料は二百円です。カードは「無料」。',
  );
  expect(await textOf('ค่าธรรม', 'เนียม')).toBe('ค่าธรรมเนียม');
  expect(await textOf('수수료는', '이백 엔')).toBe('수수료는 이백 엔');
  expect(await textOf('手数料は', 'Terrace', 'です')).toBe('手数料は Terrace です');
});

it('tells of each page that was read', async () => {
  let pages = 0;
  await readPdf(Uint8Array.of(), libraryOf(['one'], ['two']), () => pages++);
  expect(pages).toBe(2);
});
