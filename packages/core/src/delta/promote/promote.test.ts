import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../evaluate/seeded-random.js';
import { comparePaired, type GradedRow } from './compare-paired.js';
import { decide } from './decide.js';

/** Rows that are right where the draw says so. */
const answers = (rows: number, accuracy: number, random = seededRandom(rows), cost = 1): GradedRow[] =>
  Array.from({ length: rows }, () => ({ right: random() < accuracy, cost }));
const turned = (rows: readonly GradedRow[], changes: readonly number[], right: boolean): GradedRow[] =>
  rows.map((row, i) => (changes.includes(i) ? { ...row, right } : row));
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i);
const all = (rows: number, right: boolean, cost = 1): GradedRow[] => range(0, rows).map(() => ({ right, cost }));
const decision = (
  candidate: readonly GradedRow[],
  current: readonly GradedRow[],
  subDomains?: (string | undefined)[],
) => decide(comparePaired({ candidate, current, random: seededRandom(7), ...(subDomains && { subDomains }) }));

describe('comparePaired', () => {
  it('measures the difference on the same rows, with an interval around it', () => {
    const current = answers(500, 0.8);
    const wrong = range(0, 500).filter((row) => !current[row]!.right);
    const better = turned(current, wrong.slice(0, 50), true);
    const { accuracy, costRatio } = comparePaired({ candidate: better, current, random: seededRandom(1) });
    expect(accuracy.value).toBeCloseTo(0.1, 9);
    expect(accuracy.interval[0]).toBeGreaterThan(0.06);
    expect(accuracy.interval[1]).toBeLessThan(0.14);
    expect(costRatio).toBe(1);
  });

  it('gives the candidate its own accuracy where nothing is in force', () => {
    const { accuracy } = comparePaired({ candidate: all(40, true), current: undefined, random: seededRandom(1) });
    expect(accuracy).toEqual({ value: 1, interval: [39 / 40, 1], rows: 40 });
  });

  it('covers the true difference nineteen times in twenty', () => {
    const random = seededRandom(11);
    let covered = 0;
    for (let i = 0; i < 100; i++) {
      const current = answers(300, 0.8, random);
      const candidate = current.map((row) => (random() < 0.1 ? { ...row, right: random() < 0.9 } : row));
      const { interval } = comparePaired({ candidate, current, random }).accuracy;
      // Of the tenth that is drawn anew, .9 are right instead of .8.
      if (interval[0] <= 0.01 && interval[1] >= 0.01) covered++;
    }
    expect(covered).toBeGreaterThanOrEqual(92);
  });

  it('leaves sub-domains out in which nothing can show', () => {
    const rows = all(100, true);
    const subDomains = range(0, 100).map((row) => (row < 29 ? 'small' : row < 60 ? 'large' : undefined));
    const { subDomains: measured } = comparePaired({
      candidate: rows,
      current: rows,
      subDomains,
      random: seededRandom(1),
    });
    expect(Object.keys(measured)).toEqual(['large']);
  });
});

describe('decide', () => {
  it('promotes what is better', () => {
    const current = answers(400, 0.8);
    expect(decision(all(400, true), current)).toMatchObject({ kind: 'promote', reason: 'better' });
  });

  it('keeps what is worse, and what is the same at the same price', () => {
    const current = answers(400, 0.8);
    expect(decision(all(400, false), current)).toMatchObject({ kind: 'keep', reason: 'worse' });
    expect(decision(current, current)).toMatchObject({ kind: 'keep', reason: 'not-better' });
  });

  it('promotes what is equal and cheaper, and only from some savings on', () => {
    const current = answers(400, 0.8);
    const at = (cost: number) => current.map((row) => ({ ...row, cost }));
    expect(decision(at(0.9), current)).toMatchObject({ kind: 'promote', reason: 'equal-and-cheaper' });
    expect(decision(at(0.98), current)).toMatchObject({ kind: 'keep', reason: 'not-better' });
  });

  it('keeps what is cheaper where few rows leave open that it is a good deal worse', () => {
    const current = answers(40, 0.8);
    const right = range(0, 40).filter((row) => current[row]!.right);
    const wrong = range(0, 40).filter((row) => !current[row]!.right);
    const mixed = turned(turned(current, right.slice(0, 3), false), wrong.slice(0, 3), true);
    const cheap = mixed.map((row) => ({ ...row, cost: 0.5 }));
    expect(decision(cheap, current)).toMatchObject({ kind: 'keep', reason: 'not-better' });
  });

  it('keeps what is better in all but worse in one sub-domain, and names it', () => {
    const current = [...all(100, true), ...all(300, false)];
    const candidate = [...all(100, false), ...all(300, true)];
    const subDomains = range(0, 400).map((row) => (row < 100 ? 'cards' : 'money'));
    expect(decision(candidate, current, subDomains)).toMatchObject({
      kind: 'keep',
      reason: 'sub-domain-worse',
      subDomain: 'cards',
    });
  });

  it('does not judge by fewer than thirty rows, unless nearly all of eight or more are better', () => {
    const current = [...all(14, true), ...all(15, false)];
    expect(decision(turned(current, [15, 16], true), current)).toMatchObject({ kind: 'keep', reason: 'too-few-rows' });
    expect(decision(all(7, true), all(7, false))).toMatchObject({ kind: 'keep', reason: 'too-few-rows' });
    expect(decision(all(10, true), all(10, false))).toMatchObject({ kind: 'promote', reason: 'better' });
  });

  it('promotes a first delta that beats guessing, with few rows as well', () => {
    const first = (rows: readonly GradedRow[], guess: number) =>
      decide(comparePaired({ candidate: rows, current: undefined, random: seededRandom(5) }), { guess });
    expect(first(all(10, true), 0.5)).toMatchObject({ kind: 'promote', reason: 'first' });
    expect(first([...all(6, true), ...all(4, false)], 0.5)).toMatchObject({
      kind: 'keep',
      reason: 'no-better-than-guessing',
    });
    expect(first([...all(52, true), ...all(48, false)], 0.5)).toMatchObject({ kind: 'keep' });
    expect(first([...all(70, true), ...all(30, false)], 0.5)).toMatchObject({ kind: 'promote' });
  });

  it.each([60, 250])('promotes what is only luckier three times in a hundred at most, on %i rows', (rows) => {
    const random = seededRandom(rows + 1);
    let promoted = 0;
    for (let i = 0; i < 200; i++) {
      const current = answers(rows, 0.85, random);
      // As good as the other one, and of another mind on a twentieth of the rows.
      const candidate = current.map((row) => (random() < 0.05 ? { ...row, right: random() < 0.85 } : row));
      if (decide(comparePaired({ candidate, current, random })).kind === 'promote') promoted++;
    }
    expect(promoted).toBeLessThanOrEqual(6);
  });
});
