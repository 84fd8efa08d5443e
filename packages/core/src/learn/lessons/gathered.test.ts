import { describe, expect, it } from 'vitest';
import { lessonsWanted } from './gathered.js';

const count = (label: string, lessons: number, source: 'teacher' | 'data' = 'teacher') => ({
  domain: 'bank',
  label,
  source,
  lessons,
});
const given = {
  subDomains: { cards: ['block', 'new'], money: ['balance'] },
  isKnown: () => true,
  settings: { lessons: 30, lessonsOfNewLabel: 8 },
};

describe('lessons wanted', () => {
  it('are counted for each sub-domain, all labels of none being one', () => {
    expect(lessonsWanted({ ...given, counts: [] })).toBe(8);
    const known = { ...given, settings: { lessons: 30, lessonsOfNewLabel: 100 } };
    expect(lessonsWanted({ ...known, counts: [count('block', 10), count('new', 15), count('balance', 20)] })).toBe(5);
    expect(lessonsWanted({ ...known, counts: [count('block', 10), count('new', 20)] })).toBe(0);
    expect(lessonsWanted({ ...known, counts: [count('x', 15), count('y', 15)] })).toBe(0);
  });

  it('are fewer of a label that the lightest rung does not know', () => {
    const isKnown = (label: string): boolean => label !== 'fresh';
    expect(lessonsWanted({ ...given, isKnown, counts: [count('fresh', 7), count('block', 3)] })).toBe(1);
    expect(lessonsWanted({ ...given, isKnown, counts: [count('fresh', 8)] })).toBe(0);
  });

  it('leave rows of files out', () => {
    expect(lessonsWanted({ ...given, counts: [count('block', 500, 'data')] })).toBe(8);
  });
});
