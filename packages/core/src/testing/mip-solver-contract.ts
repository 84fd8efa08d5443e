import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineError } from '../errors/engine-error.js';
import type { MipProgram, MipRow, MipSolver } from '../ports/mip-solver.js';
import { exhaustiveSolver } from './exhaustive-solver.js';
import { seededRandom } from './seeded-random.js';

/** What every MipSolver does. @param make closed by the contract when its tests are over */
export function describeMipSolverContract(name: string, make: () => MipSolver | Promise<MipSolver>): void {
  describe(`${name} keeps the MipSolver contract`, () => {
    let solver: MipSolver;
    beforeAll(async () => {
      solver = await make();
    });
    afterAll(() => solver.close());

    it('finds the optimum that trying everything finds', async () => {
      const random = seededRandom(1);
      for (let round = 0; round < 25; round++) {
        const program = randomProgram(random);
        const [found, wanted] = [await solver.solve(program), await exhaustiveSolver.solve(program)];
        expect(found.kind).toBe(wanted.kind);
        if (found.kind !== 'optimal' || wanted.kind !== 'optimal') continue;
        expect(found.objective).toBeCloseTo(wanted.objective, 8);
        expectWithin(program, found.values);
        expect(found.objective).toBeCloseTo(dot(program.objective, found.values), 9);
      }
    });

    it('does not stop at a gap: of two that differ by a millionth, it finds the better', async () => {
      const program = knapsack({ values: [0.5, 0.5 + 1e-6, 0.5], weights: [1, 1, 1], limit: 1 });
      expect(await solver.solve(program)).toMatchObject({ kind: 'optimal', values: Float64Array.of(0, 1, 0) });
    });

    it('solves a program without whole variables, and one without rows', async () => {
      const rows = [rowOf([1, 1], -Infinity, 1.5)];
      const program = {
        objective: Float64Array.of(2, 1),
        upper: Float64Array.of(1, 1),
        whole: new Uint8Array(2),
        rows,
      };
      expect(await solver.solve(program)).toMatchObject({ kind: 'optimal', objective: 2.5 });
      expect(await solver.solve({ ...program, rows: [] })).toMatchObject({ kind: 'optimal', objective: 3 });
    });

    it('says that nothing holds all rows', async () => {
      const program = { ...knapsack({ values: [1], weights: [1], limit: 1 }), rows: [rowOf([1], 2, Infinity)] };
      expect(await solver.solve(program)).toEqual({ kind: 'infeasible' });
    });

    it('answers every one of several that are asked at once', async () => {
      const limits = [1, 2, 3, 0];
      const solutions = await Promise.all(
        limits.map((limit) => solver.solve(knapsack({ values: [3, 2, 1], weights: [1, 1, 1], limit }))),
      );
      expect(solutions.map((each) => each.kind === 'optimal' && Math.round(each.objective))).toEqual([3, 5, 6, 0]);
    });

    it('leaves what it is given alone', async () => {
      const program = randomProgram(seededRandom(3));
      await solver.solve(program);
      expect(program).toEqual(randomProgram(seededRandom(3)));
    });

    it('fails as an engine when numbers are none, and goes on', async () => {
      const program = knapsack({ values: [NaN, 1], weights: [1, 1], limit: 1 });
      const error: unknown = await solver.solve(program).catch((caught: unknown) => caught);
      expect(EngineError.isInstance(error)).toBe(true);
      expect(await solver.solve(knapsack({ values: [1], weights: [1], limit: 1 }))).toMatchObject({ objective: 1 });
    });
  });
}

const dot = (first: Float64Array, second: Float64Array): number =>
  first.reduce((sum, value, i) => sum + value * second[i]!, 0);

function rowOf(values: readonly number[], low: number, high: number): MipRow {
  return { columns: Int32Array.from(values.keys()), values: Float64Array.from(values), low, high };
}

function knapsack(each: { values: readonly number[]; weights: readonly number[]; limit: number }): MipProgram {
  const columns = each.values.length;
  return {
    objective: Float64Array.from(each.values),
    upper: new Float64Array(columns).fill(1),
    whole: new Uint8Array(columns).fill(1),
    rows: [rowOf(each.weights, -Infinity, each.limit)],
  };
}

/** A small program of the form that windows have: shares, each under a switch, of which a few may be on. */
function randomProgram(random: () => number): MipProgram {
  const arms = 2 + Math.floor(3 * random());
  const all = Array.from({ length: arms }, (_, arm) => arm);
  const few = (steps: number): number => Math.round(steps * random()) / steps;
  const columns = Int32Array.from({ length: 2 * arms }, (_, column) => column);
  const both = (value: (arm: number) => number, cost: (arm: number) => number): Float64Array =>
    Float64Array.from(columns, (column) => (column < arms ? value(column) : cost(column - arms)));
  const [costs, fixed] = [all.map(() => few(8)), all.map(() => few(4) / 5)];
  return {
    objective: both(
      () => few(8),
      () => 0,
    ),
    upper: new Float64Array(2 * arms).fill(1),
    whole: Uint8Array.from(columns, (column) => Number(column >= arms)),
    rows: [
      {
        columns,
        values: both(
          (arm) => costs[arm]!,
          (arm) => fixed[arm]!,
        ),
        low: -Infinity,
        high: few(10),
      },
      { columns: columns.slice(0, arms), values: new Float64Array(arms).fill(1), low: 1, high: 1 },
      {
        columns: columns.slice(arms),
        values: new Float64Array(arms).fill(1),
        low: 0,
        high: 1 + Math.floor(3 * random()),
      },
      ...all.map((arm) => ({
        columns: Int32Array.of(arm, arms + arm),
        values: Float64Array.of(1, -(0.2 + 0.8 * few(4))),
        low: -Infinity,
        high: 0,
      })),
    ],
  };
}

function expectWithin({ upper, whole, rows }: MipProgram, values: Float64Array): void {
  for (const [column, value] of values.entries()) {
    expect(value).toBeGreaterThanOrEqual(-1e-9);
    expect(value).toBeLessThanOrEqual(upper[column]! + 1e-9);
    if (whole[column] === 1) expect(Math.abs(value - Math.round(value))).toBeLessThan(1e-9);
  }
  for (const row of rows) {
    const sum = row.columns.reduce((total, column, i) => total + row.values[i]! * values[column]!, 0);
    expect(sum).toBeGreaterThanOrEqual(row.low - 1e-8);
    expect(sum).toBeLessThanOrEqual(row.high + 1e-8);
  }
}
