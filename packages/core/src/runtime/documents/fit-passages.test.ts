import { describe, expect, it } from 'vitest';
import type { FoundChunk } from './documents-face.js';
import { fitPassages } from './fit-passages.js';

const found = (...lengths: readonly number[]): FoundChunk[] =>
  lengths.map((length, chunk) => ({
    documentId: 'd',
    title: 't',
    chunk,
    headings: [],
    text: 'x'.repeat(length),
    start: 100,
    end: 100 + length,
    page: undefined,
    score: 1,
    cosine: 1,
    bm25: 1,
  }));

/** A token a letter, and ten around them. */
const tokensOf = async (passages: readonly FoundChunk[]): Promise<number> =>
  passages.reduce((sum, { text }) => sum + text.length, 10);

describe('passages that fit', () => {
  it('are as many of the best as there is room for', async () => {
    const passages = found(100, 100, 100, 100, 100);
    for (const [room, count] of [
      [510, 5],
      [509, 4],
      [410, 4],
      [310, 3],
      [209, 1],
      [110, 1],
    ] as const) {
      expect(await fitPassages(passages, room, tokensOf)).toEqual(passages.slice(0, count));
    }
  });

  it('are a part of the first where not even that fits, with its place', async () => {
    const [cut] = await fitPassages(found(1000, 5), 300, tokensOf);
    expect(cut!.text.length).toBeGreaterThan(200);
    expect(cut!.text.length).toBeLessThanOrEqual(290);
    expect(cut!.end).toBe(100 + cut!.text.length);
    const [whole] = await fitPassages([{ ...found(4)[0]!, text: '😀'.repeat(100) }], 110, tokensOf);
    expect(whole!.text).not.toMatch(/\p{Surrogate}/u);
  });

  it('are none where there is room for none', async () => {
    expect(await fitPassages(found(1000), 20, tokensOf)).toEqual([]);
    expect(await fitPassages([], 20, tokensOf)).toEqual([]);
    expect(await fitPassages(found(1000), 100, async () => 10_000)).toEqual([]);
  });
});
