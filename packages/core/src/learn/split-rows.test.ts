import { describe, expect, it } from 'vitest';
import { seededRandom } from '../evaluate/seeded-random.js';
import { sampleRows, splitRows } from './split-rows.js';

const rowsOf = (count: number, labels: number) =>
  Array.from({ length: count }, (_, i) => ({ text: `text number ${i}`, label: `l${i % labels}` }));

describe('splitRows', () => {
  it('keeps all rows for the fit where there are few, or few of each label', () => {
    expect(splitRows(rowsOf(999, 5)).heldOut).toEqual([]);
    expect(splitRows(rowsOf(1000, 500)).heldOut).toEqual([]);
  });

  it('holds a fifth out, of each label', () => {
    const rows = rowsOf(2000, 10);
    const { fitted, heldOut } = splitRows(rows);
    expect([...fitted, ...heldOut].toSorted((a, b) => a - b)).toEqual([...rows.keys()]);
    expect(heldOut.length).toBeGreaterThan(340);
    expect(heldOut.length).toBeLessThan(460);
    expect(new Set(heldOut.map((row) => rows[row]!.label)).size).toBe(10);
  });

  it('decides by the text alone, so that more rows change nothing for those that were there', () => {
    const rows = rowsOf(3000, 10);
    const before = splitRows(rows.slice(0, 1500)).heldOut;
    const after = new Set(splitRows(rows).heldOut);
    expect(before.every((row) => after.has(row))).toBe(true);
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
