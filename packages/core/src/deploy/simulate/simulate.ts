import { seededRandom } from '../../evaluate/seeded-random.js';
import type { MipSolver } from '../../ports/mip-solver.js';
import type { WindowPlan } from '../window/window-program.js';
import { createPolicy } from './create-policy.js';
import { planKnowing } from './plan-knowing.js';
import type { RewardTable } from './reward-table.js';
import { RowStream } from './row-stream.js';
import { windowsOf, type ScenarioWindow } from './scenario-windows.js';
import type { AlgorithmName, Scenario } from './scenario.js';
import type { SimulationRun } from './simulation-result.js';
import { Tally } from './tally.js';

export interface SimulationInput {
  readonly table: RewardTable;
  readonly scenario: Scenario;
  readonly solver: MipSolver;
}

export interface RunOptions {
  readonly algorithm: AlgorithmName;
  /** The same seed asks the same rows in the same order, whatever the algorithm; what the algorithm draws is apart. */
  readonly seed: number;
  /** Hears after each window how many requests were asked. */
  readonly onProgress?: ((asked: number) => void) | undefined;
}

/** Runs of one scenario: what does not depend on the algorithm or the seed is worked out once. */
export interface Simulation {
  run(options: RunOptions): Promise<SimulationRun>;
}

/**
 * @throws InvalidRequestError for a scenario that does not make sense
 * @throws InfeasibleBudgetError where not even who knows all could keep to the budget in some window
 */
export async function openSimulation({ table, scenario, solver }: SimulationInput): Promise<Simulation> {
  const windows = windowsOf(table, scenario);
  const oracle: WindowPlan[] = [];
  for (const window of windows) oracle.push(await planKnowing({ window, scenario, solver }));
  return { run: (options) => runOne({ table, scenario, solver, windows, oracle, ...options }) };
}

/** One seed of one algorithm. @throws as {@link openSimulation} */
export async function simulate({
  table,
  scenario,
  solver,
  ...options
}: SimulationInput & RunOptions): Promise<SimulationRun> {
  return (await openSimulation({ table, scenario, solver })).run(options);
}

interface Prepared extends SimulationInput, RunOptions {
  readonly windows: readonly ScenarioWindow[];
  readonly oracle: readonly WindowPlan[];
}

async function runOne(prepared: Prepared): Promise<SimulationRun> {
  const { table, scenario, solver, windows, oracle, algorithm, seed, onProgress } = prepared;
  const rows = new RowStream(table.rows, seededRandom(streamOf(seed, 0)));
  // Its columns are exchanged when a window begins.
  const rewards = [...table.rewards];
  const costs = [...table.costs];
  const ports = { scenario, table: { ...table, rewards, costs }, solver, random: seededRandom(streamOf(seed, 1)) };
  const policy = createPolicy(algorithm, ports);
  // By true means: the luck of a draw is no regret. Who chooses an arm for what a query is expects more of it than its mean.
  const looksAtRows = algorithm === 'contextual';
  const tally = new Tally(scenario.requests);
  const counts = new Float64Array(table.arms.length);
  const live: Record<number, number>[] = [];
  for (const window of windows) {
    for (const arm of rewards.keys()) {
      rewards[arm] = window.rewards[arm]!;
      costs[arm] = window.costs[arm]!;
    }
    const { index, requests, available, meanReward } = window;
    const chosen = await policy.startWindow({ index, requests, available });
    for (const arm of chosen) tally.spent += scenario.fixedCost[arm]!;
    counts.fill(0);
    const best = expectedReward(oracle[index]!.shares, meanReward);
    for (let asked = 0; asked < requests; asked++) {
      const row = rows.next();
      let arm = policy.choose(row);
      if (counts[arm]! >= scenario.carries[arm]! * requests) arm = roomiest(chosen, counts, scenario.carries);
      counts[arm]!++;
      const reward = rewards[arm]![row]!;
      const cost = costs[arm]![row]!;
      policy.learn(arm, reward, cost, row);
      tally.add(reward, cost, best - (looksAtRows ? reward : meanReward[arm]!));
    }
    live.push(Object.fromEntries(chosen.map((arm) => [arm, counts[arm]! / requests])));
    onProgress?.(tally.asked);
  }
  const { reward, spent, regret, curve } = tally;
  const meanCost = spent / scenario.requests;
  return {
    algorithm,
    seed,
    meanReward: reward / scenario.requests,
    meanCost,
    overspend: Math.max(0, meanCost / scenario.settings.budget - 1),
    regret,
    switches: live.filter((shares, index) => index > 0 && !sameArms(shares, live[index - 1]!)).length,
    adoption: adoptionOf(scenario, live, oracle),
    curve,
    live,
  };
}

/** Seeds that lie side by side give streams that have nothing in common. */
const streamOf = (seed: number, stream: number): number => Math.imul(seed * 2 + stream + 1, 0x9e3779b1) >>> 0;

function expectedReward(shares: Float64Array, meanReward: Float64Array): number {
  let sum = 0;
  for (const [arm, share] of shares.entries()) sum += share * meanReward[arm]!;
  return sum;
}

/** A model that has carried all it can in a window passes on to the one that has most room left. */
function roomiest(live: readonly number[], counts: Float64Array, carries: readonly number[]): number {
  const used = (arm: number): number => counts[arm]! / carries[arm]!;
  let best = live[0]!;
  for (const arm of live) if (used(arm) < used(best)) best = arm;
  return best;
}

const sameArms = (a: Readonly<Record<number, number>>, b: Readonly<Record<number, number>>): boolean =>
  Object.keys(a).length === Object.keys(b).length && Object.keys(a).every((arm) => arm in b);

/** Of those arms that came later and that the oracle uses. The window in which an arm arrives is the first. */
function adoptionOf(
  { events }: Scenario,
  live: readonly Readonly<Record<number, number>>[],
  oracle: readonly WindowPlan[],
): SimulationRun['adoption'] {
  return events.flatMap(({ kind, window, arm }) => {
    if (kind !== 'arrival' || window === 0) return [];
    const wanted = oracle.map(({ shares }, index) => (index >= window ? shares[arm]! : 0));
    if (wanted.every((share) => share === 0)) return [];
    const at = live.findIndex((shares, index) => wanted[index]! > 0 && (shares[arm] ?? 0) >= wanted[index]! / 2);
    return [{ arm, windows: at < 0 ? undefined : at - window + 1 }];
  });
}
