import { describe, expect, it } from 'vitest';
import { differs } from './differs.js';
import { guardFeatures } from './guard-features.js';
import { TRAPS } from './traps.js';

describe('the guard', () => {
  it.each(TRAPS.map(({ kind, a, b }) => [kind, a, b]))('tells apart by %s: %s | %s', (_, a, b) => {
    expect(differs(guardFeatures(a), guardFeatures(b))).not.toEqual([]);
    expect(differs(guardFeatures(b), guardFeatures(a))).not.toEqual([]);
  });
});
