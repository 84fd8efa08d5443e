import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DEFAULT_STAGE_ROUTE,
  readRewardTable,
  type AlgorithmName,
  type RewardTable,
  type Scenario,
  type SimulationRun,
} from '@terrace/core/deploy';
import { bootstrapInterval, type Interval } from '@terrace/core';
import { simulateAll } from '@terrace/node-host';
import { dataFolder } from './environment.js';
import { seededRandom } from './report.js';

/** What StageRoute is held against; the others that can be simulated know the truth. */
export const BASELINES = ['greedy', 'epsilon-greedy', 'random', 'best-single', 'bwk-ucb'] as const;

/** As the formulas were published. */
export const PUBLISHED = { multiplier: 1, pace: 'fixed', statistics: { kind: 'plain' } } as const;

export interface Arm {
  readonly reward: number;
  /** In US dollars. */
  readonly cost: number;
}

/** Rewards of 0, 1/2 or 1 around a mean, and costs that vary as lengths of answers do (log-normal, sigma .6). */
export function syntheticTable(arms: readonly Arm[], seed: number, rows = 2000): RewardTable {
  const random = seededRandom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const column = (value: () => number): Float64Array => Float64Array.from({ length: rows }, value);
  return {
    arms: arms.map((_, arm) => `arm ${arm}`),
    rows,
    rewards: arms.map(({ reward }) => column(() => (Number(random() < reward) + Number(random() < reward)) / 2)),
    costs: arms.map(({ cost }) => column(() => cost * Math.exp(0.6 * normal() - 0.18))),
  };
}

/** Arms whose cost spans three powers of ten; dearer ones are better as a rule, and some are not worth their price. */
export function randomTable(arms: number, seed: number): RewardTable {
  const random = seededRandom(1000 + seed);
  const drawn = Array.from({ length: arms }, () => {
    const dear = random();
    const fault = random() < 0.3 ? 0.15 * random() : 0;
    return { cost: 2e-5 * 1000 ** dear, reward: 0.5 + 0.4 * Math.sqrt(dear) + 0.05 * random() - fault };
  });
  return syntheticTable(drawn, seed);
}

/** Arms as they are sold: a cheap one, two in the middle, and a dear one. */
export const FOUR_ARMS: readonly Arm[] = [
  { reward: 0.7, cost: 0.00003 },
  { reward: 0.82, cost: 0.0005 },
  { reward: 0.86, cost: 0.001 },
  { reward: 0.93, cost: 0.015 },
];

/** Rewards and costs of four models on 1,766 queries (ParetoBandit, validation). */
export async function paretoTable(): Promise<RewardTable | undefined> {
  const data = dataFolder();
  if (data === undefined) return undefined;
  return readRewardTable(await readFile(join(data, 'paretobandit', 'val_k4.jsonl'), 'utf8'));
}

/** The shipped settings, five passes in ten windows, and the budget that the dearest arm's mean cost times this is. */
export function scenarioOf(
  table: RewardTable,
  budgetShare: number,
  changes: Partial<Omit<Scenario, 'settings'>> & { readonly settings?: Partial<Scenario['settings']> | undefined } = {},
): Scenario {
  const { settings, ...rest } = changes;
  return {
    windows: 10,
    requests: 5 * table.rows,
    events: [],
    carries: table.arms.map(() => 1),
    fixedCost: table.arms.map(() => 0),
    ...rest,
    settings: { ...DEFAULT_STAGE_ROUTE, maxLive: 4, budget: budgetShare * dearestOf(table), ...settings },
  };
}

export const meanOf = (values: Iterable<number>): number => {
  const all = [...values];
  return all.reduce((sum, value) => sum + value, 0) / all.length;
};

const dearestOf = ({ costs }: RewardTable): number => Math.max(...costs.map(meanOf));

/** Runs of each algorithm in each scenario, by seed. */
export async function simulated(
  table: RewardTable,
  scenarios: readonly Scenario[],
  algorithms: readonly AlgorithmName[],
  seeds: number,
): Promise<readonly ReadonlyMap<AlgorithmName, readonly SimulationRun[]>[]> {
  const runs = await simulateAll({ table, scenarios, algorithms, seeds, threads: 2 });
  return runs.map(
    (all) => new Map(algorithms.map((name) => [name, all.filter(({ algorithm }) => algorithm === name)])),
  );
}

/** Of paired differences over seeds. */
export const pairedInterval = (differences: readonly number[]): Interval =>
  bootstrapInterval(differences, meanOf, seededRandom(1));
