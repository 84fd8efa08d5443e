import { describe, expect, it } from 'vitest';
import { InfeasibleBudgetError } from '../../errors/infeasible-budget-error.js';
import { seededRandom } from '../../evaluate/seeded-random.js';
import { exhaustiveSolver } from '../../testing/exhaustive-solver.js';
import { DEFAULT_STAGE_ROUTE } from '../create-stage-route.js';
import type { RewardTable } from './reward-table.js';
import { ALGORITHMS, type AlgorithmName, type Scenario } from './scenario.js';
import { openSimulation, simulate } from './simulate.js';
import { referencesOf, summarise } from './summarise.js';

/** Rewards of 0 or 1, and costs that vary by half, around these means. */
function tableOf(means: readonly { readonly reward: number; readonly cost: number }[], rows = 500): RewardTable {
  const random = seededRandom(7);
  return {
    arms: means.map((_, arm) => `arm ${arm}`),
    rows,
    rewards: means.map(({ reward }) => Float64Array.from({ length: rows }, () => Number(random() < reward))),
    costs: means.map(({ cost }) => Float64Array.from({ length: rows }, () => cost * (0.5 + random()))),
  };
}

const table = tableOf([
  { reward: 0.6, cost: 0.0001 },
  { reward: 0.75, cost: 0.001 },
  { reward: 0.95, cost: 0.01 },
]);

const scenario = (changes: Partial<Scenario> = {}, settings: Partial<Scenario['settings']> = {}): Scenario => ({
  windows: 5,
  requests: 2000,
  events: [],
  settings: { ...DEFAULT_STAGE_ROUTE, maxLive: 3, budget: 0.004, ...settings },
  carries: [1, 1, 1],
  fixedCost: [0, 0, 0],
  ...changes,
});

const PLAIN = ALGORITHMS.filter((name) => name !== 'contextual');
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

const run = (algorithm: AlgorithmName, seed = 1, of = scenario()) =>
  simulate({ table, scenario: of, algorithm, seed, solver: exhaustiveSolver });

describe.each(PLAIN)('a simulation of %s', (algorithm) => {
  const busy = scenario(
    {
      events: [
        { kind: 'arrival', window: 2, arm: 1 },
        { kind: 'price', window: 3, arm: 2, factor: 0.5 },
        { kind: 'departure', window: 4, arm: 2 },
      ],
      fixedCost: [0, 0.01, 0.02],
    },
    { maxLive: 2 },
  );

  it('comes out the same for the same seed, and differs for another', async () => {
    expect(await run(algorithm, 3, busy)).toEqual(await run(algorithm, 3, busy));
    expect((await run(algorithm, 4, busy)).curve.spent).not.toEqual((await run(algorithm, 3, busy)).curve.spent);
  });

  it('answers every request by a model that is live, and accounts for all that was spent', async () => {
    const { live, curve, meanCost } = await run(algorithm, 1, busy);
    expect(live).toHaveLength(5);
    for (const shares of live) {
      expect(sum(Object.values(shares))).toBeCloseTo(1, 12);
      expect(Object.keys(shares).length).toBeLessThanOrEqual(2);
    }
    expect(live[1]).not.toHaveProperty('1');
    expect(live[4]).not.toHaveProperty('2');
    expect([curve.asked.length, curve.asked.at(-1)]).toEqual([100, 2000]);
    expect(curve.spent.at(-1)! / 2000).toBeCloseTo(meanCost, 12);
    expect(curve.spent.every((spent, at) => at === 0 || spent >= curve.spent[at - 1]!)).toBe(true);
  });

  it('does not spend more than one request beyond the budget', async () => {
    const { meanCost, overspend } = await run(algorithm);
    expect(meanCost).toBeLessThanOrEqual(0.004 + 0.015 / 2000 + 0.0001);
    expect(overspend).toBeLessThan(0.03);
  });
});

describe('a simulation', () => {
  it('asks the same rows in the same order, whatever the algorithm', async () => {
    const rowsOf = async (algorithm: AlgorithmName): Promise<number> => {
      // Every arm costs on a query what the number of the query says.
      const costs = table.costs.map(() => Float64Array.from({ length: table.rows }, (_, row) => row * 1e-6));
      const alike = { ...table, costs };
      const of = scenario({ requests: 300 });
      return (await simulate({ table: alike, scenario: of, algorithm, seed: 5, solver: exhaustiveSolver })).meanCost;
    };
    expect(await rowsOf('greedy')).toBe(await rowsOf('stageroute'));
    expect(await rowsOf('random')).toBe(await rowsOf('stageroute'));
  });

  it('has no algorithm that beats the oracle in expectation, and StageRoute comes closest', async () => {
    const simulation = await openSimulation({ table, scenario: scenario(), solver: exhaustiveSolver });
    const regrets = new Map<AlgorithmName, number>();
    for (const algorithm of PLAIN) {
      const runs = await Promise.all([1, 2, 3, 4].map((seed) => simulation.run({ algorithm, seed })));
      regrets.set(algorithm, sum(runs.map(({ regret }) => regret)) / runs.length);
    }
    // Whoever draws at random is off by the root of the number of draws.
    for (const regret of regrets.values()) expect(regret).toBeGreaterThan(-0.004 * 2000);
    for (const name of ['greedy', 'epsilon-greedy', 'random', 'best-single', 'bwk-ucb'] as const)
      expect(regrets.get('stageroute')!).toBeLessThan(regrets.get(name)!);
  });

  it('counts what a look at the query has earned', async () => {
    const random = seededRandom(3);
    const side = Float32Array.from({ length: table.rows }, () => (random() < 0.5 ? -1 : 1));
    // Each arm is right about the queries of its side; means are alike.
    const rewards = [-1, 1, 1].map((good) => Float64Array.from(side, (is) => (is === good ? 0.9 : 0.3)));
    const split = { ...table, rewards, features: { width: 1, values: side } };
    const of = scenario({}, { budget: 0.02 });
    const { regret } = await simulate({
      table: split,
      scenario: of,
      algorithm: 'contextual',
      seed: 1,
      solver: exhaustiveSolver,
    });
    expect(regret).toBeLessThan(-0.1 * of.requests);
  });

  it('passes on what a model cannot carry', async () => {
    const limited = scenario({ carries: [1, 1, 0.25] }, { budget: 0.05 });
    for (const algorithm of PLAIN)
      for (const shares of (await run(algorithm, 1, limited)).live)
        expect(shares[2] ?? 0).toBeLessThanOrEqual(0.25 + 1e-3);
  });

  it('tells when a model that came later was adopted, and leaves out those that the oracle has no use for', async () => {
    const good = scenario({ events: [{ kind: 'arrival', window: 2, arm: 2 }] });
    expect((await run('stage-oracle', 1, good)).adoption).toEqual([{ arm: 2, windows: 1 }]);
    expect((await run('static-lp', 1, good)).adoption).toEqual([{ arm: 2, windows: undefined }]);
    const useless = scenario({ events: [{ kind: 'arrival', window: 2, arm: 1 }] }, { budget: 0.02 });
    expect((await run('stage-oracle', 1, useless)).adoption).toEqual([]);
  });

  it('goes on with whoever is left where a model is thought dearer than it has become', async () => {
    const events = [
      { kind: 'departure', window: 2, arm: 0 },
      { kind: 'price', window: 2, arm: 2, factor: 0.1 },
    ] as const;
    const of = scenario({ events: [...events, { kind: 'departure', window: 2, arm: 1 }] }, { budget: 0.002 });
    for (const algorithm of PLAIN) {
      const { live, meanCost } = await run(algorithm, 1, of);
      expect(live.slice(2)).toEqual([{ 2: 1 }, { 2: 1 }, { 2: 1 }]);
      expect(meanCost).toBeLessThan(0.0021);
    }
  });

  it('tells after each window how far it is', async () => {
    const told: number[] = [];
    const onProgress = (asked: number): number => told.push(asked);
    await simulate({ table, scenario: scenario(), algorithm: 'greedy', seed: 1, solver: exhaustiveSolver, onProgress });
    expect(told).toEqual([400, 800, 1200, 1600, 2000]);
  });

  it('refuses a budget that nothing is within, and says the smallest one', async () => {
    const poor = scenario({}, { budget: 1e-6 });
    const refused = run('greedy', 1, poor);
    await expect(refused).rejects.toThrow(InfeasibleBudgetError);
    await expect(refused).rejects.toMatchObject({ facts: { smallestFeasible: expect.closeTo(0.0001, 5) } });
  });
});

describe('a report on simulations', () => {
  it('sums seeds up beside what was within reach', async () => {
    const runs = await Promise.all([1, 2, 3].flatMap((seed) => [run('stageroute', seed), run('greedy', seed)]));
    const report = summarise(runs, table, scenario());
    expect(Object.keys(report.algorithms)).toEqual(['stageroute', 'greedy']);
    expect([report.seeds, report.requests, report.windows, report.budget]).toEqual([3, 2000, 5, 0.004]);
    const { meanReward, bands, aiq, windowsToAdopt } = report.algorithms['stageroute']!;
    expect([aiq, windowsToAdopt]).toEqual([undefined, undefined]);
    expect(meanReward).toBe(bands.meanReward.mean);
    expect(bands.meanReward.low).toBeLessThanOrEqual(bands.meanReward.high);
    const { staticLp, bestArm, oracle } = report.references;
    expect(bestArm).toBeLessThan(staticLp);
    expect(staticLp).toBeLessThan(oracle);
  });

  it('measures references in every window as it is', () => {
    const late = scenario({ windows: 2, events: [{ kind: 'arrival', window: 1, arm: 2 }] });
    const without = referencesOf(
      { ...table, arms: table.arms.slice(0, 2) },
      { ...late, events: [], carries: [1, 1], fixedCost: [0, 0] },
    );
    const withAll = referencesOf(table, { ...late, events: [] });
    for (const name of ['staticLp', 'bestArm', 'oracle'] as const)
      expect(referencesOf(table, late)[name]).toBeCloseTo((without[name] + withAll[name]) / 2, 9);
  });

  it('has an area under cost and quality once there are runs at several budgets', async () => {
    const runs = [await run('stage-oracle')];
    const sweep = [await run('stage-oracle', 1, scenario({}, { budget: 0.008 }))];
    const { aiq } = summarise(runs, table, scenario(), sweep).algorithms['stage-oracle']!;
    expect(aiq).toBeGreaterThan(0.7);
    expect(aiq).toBeLessThan(0.95);
  });

  it('has no such area where all models cost the same', async () => {
    const alike = { ...table, costs: table.costs.map(() => table.costs[0]!) };
    const runs = [await run('greedy')];
    expect(summarise(runs, alike, scenario(), runs).algorithms['greedy']!.aiq).toBeUndefined();
  });

  it('counts a model that was never adopted as later than the last window', async () => {
    const late = scenario({ events: [{ kind: 'arrival', window: 2, arm: 2 }] });
    const runs = [await run('static-lp', 1, late), await run('stage-oracle', 1, late)];
    const { algorithms } = summarise(runs, table, late);
    expect([algorithms['static-lp']!.windowsToAdopt, algorithms['stage-oracle']!.windowsToAdopt]).toEqual([4, 1]);
  });
});
