import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../evaluate/seeded-random.js';
import { normal } from '../../testing/synthetic-rows.js';
import { checkData } from './check-data.js';
import type { LabelledText } from './data-report.js';
import { findLabelErrors } from './find-label-errors.js';
import { normalForm } from './normal-form.js';

const rowsOf = (...pairs: readonly (readonly [text: string, label: string])[]): LabelledText[] =>
  pairs.map(([text, label], i) => ({ text, label, line: i + 1 }));
const check = (rows: readonly LabelledText[], evaluation: readonly LabelledText[] = []) =>
  checkData({ rows, evaluation, pause: async () => undefined });
const findingsOf = async (rows: readonly LabelledText[]) =>
  (await check(rows)).report.findings.filter(({ kind }) => kind !== 'few-examples');

/** Sentences of made-up words that share nothing. */
function sentences(count: number, seed = 1): string[] {
  const random = seededRandom(seed);
  const word = (): string =>
    Array.from({ length: 4 + Math.floor(random() * 5) }, () =>
      String.fromCharCode(97 + Math.floor(random() * 26)),
    ).join('');
  return Array.from({ length: count }, () => Array.from({ length: 6 + Math.floor(random() * 4) }, word).join(' '));
}

describe('normalForm', () => {
  it('sees through case, width, punctuation and white space, and keeps digits', () => {
    expect(normalForm('  Where is\tmy CARD?! ')).toBe('where is my card');
    expect(normalForm('ＡＢＣ－１２')).toBe('abc 12');
    expect(normalForm('pay 5')).not.toBe(normalForm('pay 7'));
  });

  it('tells texts of punctuation and signs apart', () => {
    expect(normalForm('?')).not.toBe(normalForm('!'));
    expect(normalForm('👍')).not.toBe(normalForm('👎'));
  });
});

describe('checkData', () => {
  it('leaves repeated rows out, all but the first, and says where they stand', async () => {
    const rows = rowsOf(['Where is my card?', 'card'], ['hello there', 'greet'], ['where is my card', 'card']);
    const { report, rows: kept } = await check(rows);
    expect(report.findings).toContainEqual({ kind: 'duplicate', lines: [1, 3], label: 'card' });
    expect(report.leftOut).toEqual({ lines: [3], evaluationLines: [] });
    expect(kept).toEqual([0, 1]);
  });

  it('tells rows apart that stand on the same line of different files', async () => {
    const rows = [
      { text: 'a b c d', label: 'x', line: 1 },
      { text: 'e f g h', label: 'y', line: 1 },
      { text: 'A, b, c, d', label: 'x', line: 2 },
    ];
    expect((await check(rows)).rows).toEqual([0, 1]);
  });

  it('reports equal texts with several labels, and keeps them', async () => {
    const rows = rowsOf(['Block it', 'a'], ['block it!', 'b'], ['block it', 'b'], ['something else', 'a']);
    const { report, rows: kept } = await check(rows);
    expect(report.findings).toContainEqual({ kind: 'contradiction', lines: [1, 2], labels: ['a', 'b'] });
    expect(kept).toEqual([0, 1, 3]);
  });

  it('finds texts that are nearly equal, in languages without spaces as well', async () => {
    const rows = rowsOf(
      ['could you please tell me how much money is in my checking account', 'balance'],
      ['could you please tell me how much money is in my checking accounts', 'balance'],
      ['昨日注文した青いカーテンの配達日を明日の午後に変更してもらえますか', 'delivery'],
      ['昨日注文した青いカーテンの配達日を明日の午後に変更してもらえますか?お願い', 'delivery'],
      ['what is the weather like in the mountains this weekend', 'weather'],
    );
    expect(await findingsOf(rows)).toEqual([
      { kind: 'near-duplicate', lines: [1, 2], label: 'balance' },
      { kind: 'near-duplicate', lines: [3, 4], label: 'delivery' },
    ]);
  });

  it('calls nearly equal texts with several labels a contradiction', async () => {
    const rows = rowsOf(
      ['i would like to change the pin of my credit card as soon as possible', 'pin'],
      ['i would like to change the pin of my credit card as soon as possible thx', 'card'],
    );
    expect(await findingsOf(rows)).toEqual([{ kind: 'contradiction', lines: [1, 2], labels: ['pin', 'card'] }]);
  });

  it('does not take short texts for equal that differ in a word or a number', async () => {
    const rows = rowsOf(['pay 5', 'a'], ['pay 7', 'b'], ['block my card', 'a'], ['unblock my card', 'b']);
    expect(await findingsOf(rows)).toEqual([]);
  });

  it('leaves evaluation rows out that the training data holds, exactly or nearly', async () => {
    const [first, second, third] = sentences(3) as [string, string, string];
    const rows = rowsOf([first, 'a'], [second, 'b']);
    const evaluation = rowsOf([first.toUpperCase(), 'a'], [`${second} x`, 'b'], [third, 'a']);
    const { report, evaluation: kept } = await check(rows, evaluation);
    expect(report.findings.filter(({ kind }) => kind === 'leakage')).toEqual([
      { kind: 'leakage', line: 1, evaluationLine: 1, exact: true },
      { kind: 'leakage', line: 2, evaluationLine: 2, exact: false },
    ]);
    expect(report.leftOut.evaluationLines).toEqual([1, 2]);
    expect(kept).toEqual([2]);
  });

  it('names labels with few rows, and how unequal labels are', async () => {
    const [many, few] = [sentences(84, 1), sentences(4, 2)];
    const rows = rowsOf(...many.map((text) => [text, 'often'] as const), ...few.map((text) => [text, 'rare'] as const));
    expect((await check(rows)).report.findings).toEqual([
      { kind: 'imbalance', ratio: 21, largest: 'often', smallest: 'rare' },
      { kind: 'few-examples', label: 'rare', rows: 4 },
    ]);
  });

  it('finds every planted repeat among many rows', async () => {
    const texts = sentences(2000);
    const copies = texts.slice(0, 100).map((text) => `${text} please`);
    const rows = rowsOf(...[...texts, ...copies].map((text) => [text, 'a'] as const));
    const near = (await findingsOf(rows)).filter(({ kind }) => kind === 'near-duplicate');
    expect(near.length).toBeGreaterThanOrEqual(98);
  });

  it('is not slowed down by boilerplate that all rows share', async () => {
    const boilerplate = 'dear madam or sir i am writing to you today because of the following matter which is ';
    const rows = rowsOf(...sentences(1500).map((text) => [boilerplate + text.slice(0, 25), 'a'] as const));
    const fromMs = performance.now();
    await check(rows);
    expect(performance.now() - fromMs).toBeLessThan(2000);
  });
});

describe('findLabelErrors', () => {
  /** Six clusters in a plane; logits are less the squared distances to the true centres. */
  function clusters({ rows, flips, seed }: { rows: number; flips: number; seed: number }) {
    const random = seededRandom(seed);
    const labels = ['a', 'b', 'c', 'd', 'e', 'f'];
    const centres = labels.map((_, i) => [3 * Math.cos(i), 3 * Math.sin(i)] as const);
    const truth = Array.from({ length: rows }, (_, i) => i % labels.length);
    const data = Float32Array.from(
      truth.flatMap((label) => {
        const [x, y] = [centres[label]![0] + 0.6 * normal(random), centres[label]![1] + 0.6 * normal(random)];
        return centres.map(([cx, cy]) => -((x - cx) ** 2 + (y - cy) ** 2) / 0.72);
      }),
    );
    const flipped = new Set<number>();
    while (flipped.size < flips) flipped.add(Math.floor(random() * rows));
    const said = truth.map((label, row) => (flipped.has(row) ? (label + 1 + Math.floor(random() * 5)) % 6 : label));
    const texts = said.map((label, row) => ({ text: `row ${row}`, label: labels[label]!, line: row + 1 }));
    return { rows: texts, labels, truth: said, logits: { rows, columns: 6, data }, flipped };
  }

  it('finds most planted wrong labels, and little else', () => {
    const { flipped, ...given } = clusters({ rows: 600, flips: 20, seed: 3 });
    const found = findLabelErrors(given);
    const hits = found.filter(({ line }) => flipped.has(line - 1)).length;
    expect(hits / flipped.size).toBeGreaterThanOrEqual(0.7);
    expect(hits / found.length).toBeGreaterThanOrEqual(0.7);
    expect(found.map(({ margin }) => margin)).toEqual(found.map(({ margin }) => margin).toSorted((a, b) => b - a));
  });

  it('reports one row in twenty at most', () => {
    const { flipped: _, ...given } = clusters({ rows: 300, flips: 120, seed: 4 });
    expect(findLabelErrors(given).length).toBeLessThanOrEqual(15);
  });
});
