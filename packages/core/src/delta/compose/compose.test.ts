import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../testing/seeded-random.js';
import { factorName } from '../peft/factor-name.js';
import type { StoredTensor } from '../safetensors.js';
import { composeFactors, modulesOf } from './compose-factors.js';
import { composeHeads } from './compose-heads.js';
import { judgeConflicts } from './judge-conflicts.js';
import { subspaceOverlap } from './subspace-overlap.js';

const HIDDEN = 32;

function factorsOf(rank: number, seed: number, places: readonly (readonly [number, number])[]) {
  const random = seededRandom(seed);
  const tensor = (rows: number, columns: number): StoredTensor => ({
    shape: [rows, columns],
    data: Float32Array.from({ length: rows * columns }, () => random() - 0.5),
  });
  return new Map(
    places.flatMap(([layer, site]) => [
      [factorName(layer, site, 'A'), tensor(rank, HIDDEN)],
      [factorName(layer, site, 'B'), tensor(HIDDEN, rank)],
    ]),
  );
}

/** [hidden, hidden], or undefined where there are no factors. */
function productAt(factors: ReadonlyMap<string, StoredTensor>, place: string): number[] | undefined {
  const module = modulesOf(factors).get(place);
  if (!module) return undefined;
  const { a, b } = module;
  const rank = a.shape[0]!;
  return Array.from({ length: HIDDEN * HIDDEN }, (_, at) => {
    const [row, column] = [Math.floor(at / HIDDEN), at % HIDDEN];
    let sum = 0;
    for (let i = 0; i < rank; i++) sum += b.data[row * rank + i]! * a.data[i * HIDDEN + column]!;
    return sum;
  });
}

describe('composeFactors', () => {
  it('adds the weighted products, at every module of any part', () => {
    const first = factorsOf(2, 1, [
      [0, 0],
      [1, 3],
    ]);
    const second = factorsOf(3, 2, [
      [1, 3],
      [2, 1],
    ]);
    const { rank, factors } = composeFactors([
      { factors: first, scale: 2, weight: 0.5 },
      { factors: undefined, scale: 1, weight: 1 },
      { factors: second, scale: 1, weight: 0.25 },
    ])!;
    expect(rank).toBe(5);
    for (const place of ['0.0', '1.3', '2.1']) {
      const zeros = Array.from({ length: HIDDEN * HIDDEN }, () => 0);
      const [one, two] = [productAt(first, place) ?? zeros, productAt(second, place) ?? zeros];
      for (const [i, value] of productAt(factors, place)!.entries())
        expect(value).toBeCloseTo(one[i]! + 0.25 * two[i]!, 5);
    }
  });

  it('has nothing to say of heads alone', () => {
    expect(composeFactors([{ factors: undefined, scale: 1, weight: 1 }])).toBeUndefined();
  });
});

describe('subspaceOverlap', () => {
  const places = [[0, 0]] as const;
  const part = (factors: ReadonlyMap<string, StoredTensor>) => ({ factors });

  it('is 1 for the same directions, whatever their size, and 0 for none in common', () => {
    const factors = factorsOf(3, 1, places);
    const twice = new Map(
      [...factors].map(([name, { shape, data }]) => [name, { shape, data: data.map((x) => 2 * x) }]),
    );
    expect(subspaceOverlap(part(factors), part(twice))).toBeCloseTo(1, 6);
    expect(subspaceOverlap(part(factors), part(factorsOf(3, 2, [[0, 1]])))).toBe(0);
    expect(subspaceOverlap(part(factors), { factors: undefined })).toBe(0);
  });

  it('is about rank / hidden for random directions', () => {
    const several = Array.from({ length: 20 }, (_, i) =>
      subspaceOverlap(part(factorsOf(4, 2 * i + 1, places)), part(factorsOf(4, 2 * i + 2, places))),
    );
    expect(several.reduce((sum, each) => sum + each, 0) / 20).toBeCloseTo(4 / HIDDEN, 1);
  });

  it('is symmetric, and does not mind factors of which some are zero or alike', () => {
    const [first, second] = [factorsOf(4, 5, places), factorsOf(3, 6, places)];
    first.get(factorName(0, 0, 'A'))!.data.fill(0, HIDDEN, 2 * HIDDEN);
    second.get(factorName(0, 0, 'B'))!.data.fill(0);
    expect(subspaceOverlap(part(first), part(second))).toBe(0);
    const third = factorsOf(3, 7, places);
    const [there, back] = [subspaceOverlap(part(first), part(third)), subspaceOverlap(part(third), part(first))];
    expect(there).toBeCloseTo(back, 9);
    expect(there).toBeGreaterThan(0);
  });
});

describe('composeHeads', () => {
  it('brings heads of different scales to one level, and keeps the order within each', () => {
    const labelFeatures = { rows: 2, columns: 2, data: Float32Array.of(1, 0, 0, 1) };
    const weight = Float32Array.of(3, 0, 0, 3);
    const parts = [
      {
        domain: 'a',
        head: { labels: ['x', 'y'], weight, bias: Float32Array.of(100, 100) },
        outOfScopeLabel: null,
        subDomains: {},
        labelFeatures,
      },
      {
        domain: 'b',
        head: { labels: ['x', 'oos'], weight, bias: Float32Array.of(-5, -4) },
        outOfScopeLabel: 'oos',
        subDomains: { s: ['x'] },
        labelFeatures,
      },
    ];
    const { head, subDomains } = composeHeads(parts);
    expect(head.labels).toEqual(['a/x', 'a/y', 'b/x', 'b/oos']);
    expect(subDomains).toEqual({ a: ['a/x', 'a/y'], b: ['b/x'], 'b/s': ['b/x'] });
    const [ax, ay, bx, boos] = head.bias;
    expect(ax).toBeCloseTo(ay!, 5);
    expect(boos! - bx!).toBeCloseTo(1, 5);
    // log(e^3 + 1) over both names of a; 3 and 0 over those of b, without its "none of these".
    const level = ax! + Math.log(Math.exp(3) + 1);
    expect(bx! + 1.5).toBeCloseTo(level, 4);
  });
});

describe('judgeConflicts', () => {
  const loss = (value: number, low: number) => ({
    domain: 'bank',
    before: 0.9,
    after: 0.9 - value,
    loss: { value, interval: [low, 2 * value - low] as const, rows: 100 },
  });
  const judged = (changes: Partial<Parameters<typeof judgeConflicts>[0]>) =>
    judgeConflicts({ overlaps: [], clashes: [], losses: [], ...changes }).verdict;

  it('finds nothing, warns, or refuses what is certain to cost much', () => {
    expect(judged({ losses: [loss(0.01, 0)] })).toBe('none');
    expect(judged({ losses: [loss(0.03, 0.025)] })).toBe('warned');
    expect(judged({ losses: [loss(0.08, 0.01)] })).toBe('warned');
    expect(judged({ losses: [loss(0.06, 0.03)] })).toBe('refused');
    expect(judged({ clashes: ['x'] })).toBe('warned');
    const overlap = (value: number) => ({
      kind: 'subspace-overlap' as const,
      domains: ['a', 'b'] as const,
      overlap: value,
    });
    expect(judged({ overlaps: [overlap(0.29)] })).toBe('none');
    expect(judged({ overlaps: [overlap(0.31)] })).toBe('warned');
  });
});
