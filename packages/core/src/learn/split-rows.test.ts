import { describe, expect, it } from 'vitest';
import { seededRandom } from '../evaluate/seeded-random.js';
import { sampleRows, splitRows } from './split-rows.js';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz';
const random = seededRandom(7);
const word = (): string => Array.from({ length: 7 }, () => ALPHABET[Math.floor(random() * 26)]).join('');
/** No two of them look alike. */
const TEXTS = Array.from({ length: 3000 }, () => `${word()} ${word()} ${word()}`);
const rowsOf = (count: number, labels: number) =>
  TEXTS.slice(0, count).map((text, i) => ({ text, label: `l${i % labels}` }));
const pause = async (): Promise<void> => undefined;

describe('splitRows', () => {
  it('keeps all rows for the fit where there are few, or few of each label', async () => {
    expect((await splitRows(rowsOf(999, 5), pause)).heldOut).toEqual([]);
    expect((await splitRows(rowsOf(1000, 500), pause)).heldOut).toEqual([]);
  });

  it('holds a fifth out, of each label', async () => {
    const rows = rowsOf(2000, 10);
    const { fitted, heldOut } = await splitRows(rows, pause);
    expect([...fitted, ...heldOut].toSorted((a, b) => a - b)).toEqual([...rows.keys()]);
    expect(heldOut.length).toBeGreaterThan(340);
    expect(heldOut.length).toBeLessThan(460);
    expect(new Set(heldOut.map((row) => rows[row]!.label)).size).toBe(10);
  });

  it('decides by the text alone, so that more rows change nothing for those that were there', async () => {
    const rows = rowsOf(3000, 10);
    const before = (await splitRows(rows.slice(0, 1500), pause)).heldOut;
    const after = new Set((await splitRows(rows, pause)).heldOut);
    expect(before.every((row) => after.has(row))).toBe(true);
  });

  it('leaves variations of one sentence on one side, and about as many held out', async () => {
    const rows = rowsOf(600, 10).flatMap(({ text, label }) =>
      ['please', 'kindly', 'now'].map((manner) => ({ text: `${text} ${manner}`, label })),
    );
    const { heldOut } = await splitRows(rows, pause);
    const held = new Set(heldOut);
    expect(heldOut.every((row) => [0, 1, 2].every((i) => held.has(row - (row % 3) + i)))).toBe(true);
    expect(heldOut.length).toBeGreaterThan(270);
    expect(heldOut.length).toBeLessThan(450);
  });

  it('draws row by row where most of a label look alike', async () => {
    const rows = Array.from({ length: 2000 }, (_, i) => ({
      text: `where is the parcel with the number ${i}`,
      label: `l${i % 2}`,
    }));
    const { heldOut } = await splitRows(rows, pause);
    expect(heldOut.length).toBeGreaterThan(340);
    expect(heldOut.length).toBeLessThan(460);
  });
});

describe('sampleRows', () => {
  it('takes of each label its share', () => {
    const labels = Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 ? 'rare' : 'often'));
    const sampled = sampleRows(labels, 100, seededRandom(1));
    expect(sampled.filter((row) => labels[row] === 'rare')).toHaveLength(10);
    expect(sampled).toHaveLength(100);
    expect(sampleRows(labels, 1000, seededRandom(1))).toHaveLength(1000);
  });
});
