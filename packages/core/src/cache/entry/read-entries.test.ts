import { describe, expect, it } from 'vitest';
import type { KeptAnswer } from '../../ports/response-cache.js';
import type { Entry } from './entry-schema.js';
import { ReadEntries } from './read-entries.js';

const answerOf = (key: string, changes: Partial<KeptAnswer> = {}): KeptAnswer => ({
  key,
  scope: 's',
  tenant: 't',
  tags: [],
  storedAtWallMs: 1,
  expiresAtWallMs: 2,
  body: 'x'.repeat(10),
  question: undefined,
  ...changes,
});
const entry = { kind: 'vector' } as Entry;

describe('entries that were read', () => {
  it('are there for what is the same to the letter, whichever object it is', () => {
    const read = new ReadEntries();
    read.keep(answerOf('a'), entry);
    expect(read.get(answerOf('a'))).toBe(entry);
    for (const changes of [
      { body: 'y' },
      { scope: 'o' },
      { tenant: 'o' },
      { storedAtWallMs: 0 },
      { expiresAtWallMs: 9 },
      { question: { task: '', domain: '', encoder: '', vector: Float32Array.of(1), features: [], answerId: '' } },
    ])
      expect(read.get(answerOf('a', changes))).toBeUndefined();
    expect(read.get(answerOf('b'))).toBeUndefined();
  });

  it('stay within their bytes, those that were asked for last', () => {
    const read = new ReadEntries(65);
    for (const key of ['a', 'b']) read.keep(answerOf(key), entry);
    read.keep(answerOf('b'), entry);
    expect(read.get(answerOf('a'))).toBe(entry);
    read.keep(answerOf('c'), entry);
    expect(['a', 'b', 'c'].map((key) => read.get(answerOf(key)) !== undefined)).toEqual([true, false, true]);
    read.drop('a');
    read.keep(answerOf('d'), entry);
    expect(['a', 'c', 'd'].map((key) => read.get(answerOf(key)) !== undefined)).toEqual([false, true, true]);
    read.keep(answerOf('large', { body: 'x'.repeat(100) }), entry);
    expect(['c', 'large'].map((key) => read.get(answerOf(key)) !== undefined)).toEqual([false, false]);
    read.keep(answerOf('e'), entry);
    read.clear();
    expect(read.get(answerOf('e'))).toBeUndefined();
  });
});
