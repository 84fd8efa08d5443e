import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createShareSolver } from './create-share-solver.js';
import type { ShareProgram } from './shares.js';

/** Few values, so that rewards, costs and ratios are often equal. */
const manyArms = fc.array(
  fc.record({
    reward: fc.integer({ min: -1, max: 6 }).map((value) => value / 6),
    cost: fc.integer({ min: 0, max: 5 }).map((value) => value / 1000),
    least: fc.integer({ min: 0, max: 3 }).map((value) => value / 20),
    room: fc.constantFrom(0, 0.1, 0.3, 0.5, 1),
  }),
  { minLength: 1, maxLength: 5 },
);
const programs = fc
  .record({ arms: manyArms, budget: fc.integer({ min: 0, max: 12 }).map((value) => value / 2400) })
  .map(({ arms: all, budget }) =>
    program(
      all.map(({ reward, cost, least, room }) => ({ reward, cost, least, most: Math.min(1, least + room) })),
      budget,
    ),
  )
  .filter(({ least, most }) => sum(least) <= 1 && sum(most) >= 1);

describe('the solver of shares', () => {
  it('finds the best shares there are, within bounds and budget', () => {
    fc.assert(
      fc.property(programs, (each) => {
        const { shares, outcome } = solve(each);
        for (const [arm, share] of shares.entries()) {
          expect(share).toBeGreaterThanOrEqual(each.least[arm]! - 1e-12);
          expect(share).toBeLessThanOrEqual(each.most[arm]! + 1e-12);
        }
        expect(sum(shares)).toBe(1);
        const corners = cornersOf(each);
        const within = corners.filter((corner) => dot(each.cost, corner) <= each.budget + 1e-12);
        expect(outcome.kind).toBe(within.length > 0 ? 'feasible' : 'over-budget');
        if (outcome.kind === 'feasible') {
          expect(dot(each.cost, shares)).toBeLessThanOrEqual(each.budget + 1e-12);
          expect(dot(each.reward, shares)).toBeCloseTo(Math.max(...within.map((one) => dot(each.reward, one))), 9);
        } else {
          const cheapest = Math.min(...corners.map((one) => dot(each.cost, one)));
          expect(outcome.cheapest).toBeCloseTo(cheapest, 9);
          expect(dot(each.cost, shares)).toBeCloseTo(cheapest, 9);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('says what a dollar more would bring', () => {
    const { outcome } = solve(
      program(
        [
          { reward: 0.5, cost: 0.1 },
          { reward: 0.9, cost: 0.3 },
        ],
        0.2,
      ),
    );
    expect(outcome).toEqual({ kind: 'feasible', multiplier: expect.closeTo(2, 9) });
    expect(solve(program([{ reward: 0.5, cost: 0.1 }], Infinity)).outcome).toEqual({ kind: 'feasible', multiplier: 0 });
  });

  it('leaves out what lies below the hull, and mixes across it', () => {
    const { shares } = solve(
      program(
        [
          { reward: 0.5, cost: 0 },
          { reward: 0.55, cost: 0.5 },
          { reward: 1, cost: 1 },
        ],
        0.5,
      ),
    );
    expect([...shares]).toEqual([0.5, 0, 0.5]);
  });

  it('takes the cheaper of two that are as good, whatever there is to spend', () => {
    expect([
      ...solve(
        program(
          [
            { reward: 0.5, cost: 2 },
            { reward: 0.5, cost: 1 },
          ],
          9,
        ),
      ).shares,
    ]).toEqual([0, 1]);
  });

  it('spends nothing of a budget of nothing', () => {
    const free = [
      { reward: 1, cost: 3 },
      { reward: 0.2, cost: 0 },
    ];
    expect([...solve(program(free, 0)).shares]).toEqual([0, 1]);
    const { shares, outcome } = solve(
      program(
        [
          { reward: 1, cost: 3 },
          { reward: 0, cost: 2 },
        ],
        0,
      ),
    );
    expect(outcome).toEqual({ kind: 'over-budget', cheapest: 2 });
    expect([...shares]).toEqual([0, 1]);
  });

  it('gives the same shares again after others', () => {
    const solver = createShareSolver(3);
    const first = program(
      [
        { reward: 0.5, cost: 1 },
        { reward: 0.9, cost: 3 },
        { reward: 0.6, cost: 1.5 },
      ],
      2,
    );
    const [shares, again] = [new Float64Array(3), new Float64Array(3)];
    solver.solve(first, shares);
    solver.solve(
      program(
        [
          { reward: 1, cost: 9 },
          { reward: 0.1, cost: 0 },
        ],
        1,
      ),
      new Float64Array(2),
    );
    solver.solve(first, again);
    expect(again).toEqual(shares);
  });

  it('refuses bounds that hold no shares', () => {
    const short = { reward: 1, cost: 0, most: 0.4 };
    expect(() => solve(program([short, short], 1))).toThrow(RangeError);
    const much = { reward: 1, cost: 0, least: 0.6 };
    expect(() => solve(program([much, much], 1))).toThrow(RangeError);
  });
});

interface Arm {
  readonly reward: number;
  readonly cost: number;
  readonly least?: number;
  readonly most?: number;
}

function program(all: readonly Arm[], budget: number): ShareProgram {
  return {
    reward: Float64Array.from(all, ({ reward }) => reward),
    cost: Float64Array.from(all, ({ cost }) => cost),
    least: Float64Array.from(all, ({ least = 0 }) => least),
    most: Float64Array.from(all, ({ most = 1 }) => most),
    budget,
  };
}

function solve(each: ShareProgram) {
  const shares = new Float64Array(each.cost.length);
  const outcome = createShareSolver(shares.length).solve(each, shares);
  return { shares, outcome };
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
const dot = (first: Float64Array, second: Float64Array): number => sum(first.map((value, i) => value * second[i]!));

/** Every corner: all arms but two at a bound, and the two on the edge that the sum leaves, at its ends or at the budget. */
function cornersOf({ cost, least, most, budget }: ShareProgram): Float64Array[] {
  const arms = cost.length;
  const corners: Float64Array[] = [];
  const keep = (shares: Float64Array): void => {
    const inside = shares.every((share, arm) => share >= least[arm]! - 1e-12 && share <= most[arm]! + 1e-12);
    if (inside) corners.push(shares);
  };
  for (let first = 0; first < arms; first++) {
    for (let at = 0; at < 2 ** arms; at++) {
      const bounded = Float64Array.from({ length: arms }, (_, arm) => ((at >> arm) & 1 ? most[arm]! : least[arm]!));
      const one = bounded.slice();
      one[first]! += 1 - sum(bounded);
      keep(one);
      for (let second = 0; second < first; second++) {
        const two = bounded.slice();
        two[first] = two[second] = 0;
        const [rest, money] = [1 - sum(two), budget - dot(cost, two)];
        if (cost[first] === cost[second]) continue;
        two[first] = (money - rest * cost[second]!) / (cost[first]! - cost[second]!);
        two[second] = rest - two[first]!;
        keep(two);
      }
    }
  }
  return corners;
}
