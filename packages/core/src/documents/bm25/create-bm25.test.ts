import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBm25, type Bm25 } from './create-bm25.js';

const filled = (texts: readonly string[]): Bm25 => {
  const bm25 = createBm25();
  for (const [id, text] of texts.entries()) bm25.add(id, text);
  return bm25;
};

describe('BM25', () => {
  it('scores as its formula says', () => {
    const bm25 = filled(['card fee card', 'loan']);
    const idf = Math.log(1 + (2 - 1 + 0.5) / (1 + 0.5));
    const lengths = (length: number): number => 1.2 * (0.25 + (0.75 * length) / 2);
    const expected = (idf * ((2 * 2.2) / (2 + lengths(3)))) / (idf * (2.2 / (1 + lengths(1))));
    const { best, scoreOf } = bm25.search('cards', 10);
    expect(best).toEqual([0]);
    expect(scoreOf(0)).toBeCloseTo(expected, 12);
    expect([scoreOf(1), scoreOf(99)]).toEqual([0, 0]);
  });

  it('says 1 of a text that is the query, whatever words it has', () => {
    const bm25 = filled(['freeze my lost card', 'order a card', 'my loan']);
    for (const [id, text] of ['freeze my lost card', 'order a card', 'my loan'].entries()) {
      expect(bm25.search(text, 1).best).toEqual([id]);
      expect(bm25.search(text, 1).scoreOf(id)).toBeCloseTo(1, 12);
    }
  });

  it('puts rare words before common ones, and equal texts by id', () => {
    const bm25 = filled(['my card', 'my loan', 'my pin', 'my pin']);
    expect(bm25.search('my loan', 10).best[0]).toBe(1);
    expect(bm25.search('pin', 10).best).toEqual([2, 3]);
    expect(bm25.search('my', 2).best).toEqual([0, 1]);
  });

  it('finds nothing without a word, without a text, and where no word is known', () => {
    expect(createBm25().search('card', 5).best).toEqual([]);
    const { best, scoreOf } = filled(['card', '']).search('?!', 5);
    expect([best, scoreOf(0), scoreOf(1)]).toEqual([[], 0, 0]);
    expect(filled(['card', '']).search('loan', 5).best).toEqual([]);
  });

  it('is after removals what it would be had nothing else ever been there', () => {
    const text = fc
      .array(fc.constantFrom('card', 'fee', 'loan', 'pin', 'freeze'), { maxLength: 6 })
      .map((w) => w.join(' '));
    fc.assert(
      fc.property(
        fc.array(text, { maxLength: 12 }),
        fc.array(fc.nat(11)),
        fc.array(text),
        text,
        (texts, goes, more, query) => {
          const bm25 = filled(texts);
          const gone = new Set(goes.filter((id) => id < texts.length));
          bm25.remove(gone);
          const left = new Map(texts.map((each, id) => [id, each] as const).filter(([id]) => !gone.has(id)));
          // Names of what is gone are given anew.
          for (const [id, each] of [...gone].map((free, at) => [free, more[at] ?? 'loan'] as const)) {
            bm25.add(id, each);
            left.set(id, each);
          }
          const fresh = createBm25();
          for (const [id, each] of left) fresh.add(id, each);
          const [found, expected] = [bm25.search(query, 20), fresh.search(query, 20)];
          expect(bm25.size).toBe(left.size);
          expect(found.best.toSorted()).toEqual(expected.best.toSorted());
          for (const id of left.keys()) expect(found.scoreOf(id)).toBeCloseTo(expected.scoreOf(id), 10);
        },
      ),
    );
  });
});
