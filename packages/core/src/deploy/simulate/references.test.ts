import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InfeasibleBudgetError } from '../../errors/infeasible-budget-error.js';
import { queryOracle } from './query-oracle.js';
import type { RewardTable } from './reward-table.js';
import { staticLp } from './static-lp.js';

const tableOf = (rewards: number[][], costs: number[][]): RewardTable => ({
  arms: rewards.map((_, arm) => `arm ${arm}`),
  rows: rewards[0]!.length,
  rewards: rewards.map((column) => Float64Array.from(column)),
  costs: costs.map((column) => Float64Array.from(column)),
});

const unit = fc.integer({ min: 0, max: 20 }).map((value) => value / 20);
const column = fc.array(unit, { minLength: 4, maxLength: 4 });
const columns = fc.array(column, { minLength: 3, maxLength: 3 });
const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
const meanOf = (values: Float64Array): number => sum(values) / values.length;

describe('the static optimum', () => {
  it('mixes two arms where the budget lies between them', () => {
    const table = tableOf([[0.5], [0.9], [0.6]], [[1], [3], [2.5]]);
    expect(staticLp(table, 2)).toEqual({ reward: 0.7, shares: Float64Array.of(0.5, 0.5, 0) });
    expect(staticLp(table, 9)).toEqual({ reward: 0.9, shares: Float64Array.of(0, 1, 0) });
    expect(staticLp(table, 1)).toEqual({ reward: 0.5, shares: Float64Array.of(1, 0, 0) });
    expect(staticLp(table, 9, [0, 2]).reward).toBe(0.6);
  });

  it('says the smallest budget that would do', () => {
    const table = tableOf([[0.5], [0.9]], [[1.23456], [3]]);
    expect(() => staticLp(table, 1)).toThrow(InfeasibleBudgetError);
    expect(() => staticLp(table, 1)).toThrow(
      expect.objectContaining({
        facts: expect.objectContaining({ smallestFeasible: 1.23456 }),
        hint: 'Give at least US$ 1.235 a request.',
      }),
    );
  });

  it('is within the budget, and no mixture of a grid is better', () => {
    fc.assert(
      fc.property(columns, columns, unit, (rewards, costs, spare) => {
        const table = tableOf(rewards, costs);
        const [r, c] = [table.rewards.map(meanOf), table.costs.map(meanOf)];
        const budget = Math.min(...c) + spare;
        const { reward, shares } = staticLp(table, budget);
        expect(sum(shares)).toBeCloseTo(1, 12);
        expect(sum(shares.map((share, arm) => share * c[arm]!))).toBeLessThanOrEqual(budget + 1e-12);
        expect(sum(shares.map((share, arm) => share * r[arm]!))).toBeCloseTo(reward, 12);
        for (let a = 0; a <= 10; a++)
          for (let b = 0; a + b <= 10; b++) {
            const mix = [a / 10, b / 10, (10 - a - b) / 10];
            if (sum(mix.map((share, arm) => share * c[arm]!)) > budget) continue;
            expect(sum(mix.map((share, arm) => share * r[arm]!))).toBeLessThanOrEqual(reward + 1e-12);
          }
      }),
      { numRuns: 40 },
    );
  });
});

describe('the oracle of queries', () => {
  const all = [0, 1, 2];

  it('takes the best arm of each query where money is plenty', () => {
    expect(
      queryOracle(
        tableOf(
          [
            [1, 0],
            [0, 1],
            [0.5, 0.5],
          ],
          [
            [1, 1],
            [1, 1],
            [0, 0],
          ],
        ),
        5,
        all,
      ),
    ).toBe(1);
  });

  it('spends what there is on the query where it brings most', () => {
    const table = tableOf(
      [
        [0.2, 0.2],
        [0.9, 0.4],
      ],
      [
        [0, 0],
        [1, 1],
      ],
    );
    expect(queryOracle(table, 0.5, [0, 1])).toBeCloseTo(0.55, 12);
    expect(queryOracle(table, 0.25, [0, 1])).toBeCloseTo(0.375, 12);
    expect(queryOracle(table, 0, [0, 1])).toBeCloseTo(0.2, 12);
  });

  it('is never below any choice of one arm a query that the budget allows, nor below the static optimum', () => {
    fc.assert(
      fc.property(columns, columns, unit, (rewards, costs, spare) => {
        const table = tableOf(rewards, costs);
        const budget = Math.min(...table.costs.map(meanOf)) + spare;
        const value = queryOracle(table, budget, all);
        expect(value).toBeGreaterThanOrEqual(staticLp(table, budget).reward - 1e-9);
        for (let choice = 0; choice < 3 ** 4; choice++) {
          const arms = Array.from({ length: 4 }, (_, row) => Math.floor(choice / 3 ** row) % 3);
          if (sum(arms.map((arm, row) => costs[arm]![row]!)) / 4 > budget) continue;
          expect(sum(arms.map((arm, row) => rewards[arm]![row]!)) / 4).toBeLessThanOrEqual(value + 1e-9);
        }
      }),
      { numRuns: 40 },
    );
  });
});
