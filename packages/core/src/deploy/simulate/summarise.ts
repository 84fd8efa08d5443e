import { improvementArea } from '../../evaluate/improvement-area.js';
import { mean, quantile } from '../../evaluate/summary.js';
import { mean as meanOf } from './columns.js';
import { queryOracle } from './query-oracle.js';
import type { RewardTable } from './reward-table.js';
import { windowsOf, type ScenarioWindow } from './scenario-windows.js';
import type { Scenario } from './scenario.js';
import type { Banded, SimulationReport, SimulationRun } from './simulation-result.js';
import { staticLp } from './static-lp.js';

/**
 * What all seeds of all algorithms come to, in the order of the runs.
 * @param sweep runs of the same scenario at other budgets: with them there is an area under cost and quality (AIQ)
 * @throws InvalidRequestError for a scenario that does not make sense
 * @throws InfeasibleBudgetError where the cheapest model of some window is dearer than the budget
 */
export function summarise(
  runs: readonly SimulationRun[],
  table: RewardTable,
  scenario: Scenario,
  sweep: readonly SimulationRun[] = [],
): SimulationReport {
  const names = [...new Set(runs.map(({ algorithm }) => algorithm))];
  const of = (all: readonly SimulationRun[], name: string) => all.filter(({ algorithm }) => algorithm === name);
  return {
    algorithms: Object.fromEntries(
      names.map((name) => [name, summaryOf(of(runs, name), of(sweep, name), table, scenario)]),
    ),
    references: referencesOf(table, scenario),
    arms: table.arms.map((name, arm) => ({
      name,
      meanReward: meanOf(table.rewards[arm]!),
      meanCost: meanOf(table.costs[arm]!),
    })),
    seeds: new Set(runs.map(({ seed }) => seed)).size,
    requests: scenario.requests,
    windows: scenario.windows,
    budget: scenario.settings.budget,
  };
}

/**
 * What is within reach in each window by calls alone, whatever may be live at once: a mean over the windows' requests. `bestArm`
 * is the best one whose mean cost is within the budget.
 */
export function referencesOf(table: RewardTable, scenario: Scenario): SimulationReport['references'] {
  const references = { staticLp: 0, bestArm: 0, oracle: 0 };
  let before: ScenarioWindow | undefined;
  let reached = references;
  for (const window of windowsOf(table, scenario)) {
    // The queries of a large table are many: they are gone through anew only where something has changed.
    if (!before || !isAlike(window, before)) reached = reachedIn(window, table, scenario.settings.budget);
    before = window;
    const weight = window.requests / scenario.requests;
    references.staticLp += weight * reached.staticLp;
    references.bestArm += weight * reached.bestArm;
    references.oracle += weight * reached.oracle;
  }
  return references;
}

function reachedIn(
  { available, rewards, costs, meanReward, meanCost }: ScenarioWindow,
  table: RewardTable,
  budget: number,
): SimulationReport['references'] {
  const view = { ...table, rewards, costs };
  const affordable = available.filter((arm) => meanCost[arm]! <= budget);
  return {
    staticLp: staticLp(view, budget, available).reward,
    bestArm: Math.max(...affordable.map((arm) => meanReward[arm]!)),
    oracle: queryOracle(view, budget, available),
  };
}

const isAlike = (a: ScenarioWindow, b: ScenarioWindow): boolean =>
  a.available === b.available && a.rewards === b.rewards && a.costs === b.costs;

function summaryOf(
  runs: readonly SimulationRun[],
  sweep: readonly SimulationRun[],
  table: RewardTable,
  scenario: Scenario,
): SimulationReport['algorithms'][string] {
  const bands = {
    meanReward: banded(runs.map(({ meanReward }) => meanReward)),
    overspend: banded(runs.map(({ overspend }) => overspend)),
    regret: banded(runs.map(({ regret }) => regret)),
    switches: banded(runs.map(({ switches }) => switches)),
  };
  const adoptions = runs.flatMap(({ adoption }) => adoption);
  return {
    meanReward: bands.meanReward.mean,
    overspend: bands.overspend.mean,
    regret: bands.regret.mean,
    switches: bands.switches.mean,
    meanCost: mean(runs.map(({ meanCost }) => meanCost)),
    aiq: sweep.length > 0 ? areaOf([...sweep, ...runs], table) : undefined,
    windowsToAdopt:
      adoptions.length > 0
        ? mean(adoptions.map(({ arm, windows }) => windows ?? windowsLeft(arm, scenario) + 1))
        : undefined,
    bands,
  };
}

const banded = (values: readonly number[]): Banded => ({
  mean: mean(values),
  low: quantile(values, 0.05),
  high: quantile(values, 0.95),
});

/** Whoever never adopts a model counts as one window later than the last. */
function windowsLeft(arm: number, { events, windows }: Scenario): number {
  const arrival = events.find((event) => event.kind === 'arrival' && event.arm === arm);
  return windows - (arrival?.window ?? 0);
}

/** From the cheapest arm, which anybody may ask all the time, to the mean cost of the dearest; undefined where all cost the same. */
function areaOf(runs: readonly SimulationRun[], table: RewardTable): number | undefined {
  const costs = table.costs.map(meanOf);
  const cheapest = costs.indexOf(Math.min(...costs));
  const points = runs.map(({ meanCost, meanReward }) => ({ cost: meanCost, quality: meanReward }));
  points.push({ cost: costs[cheapest]!, quality: meanOf(table.rewards[cheapest]!) });
  const area = improvementArea(points, costs[cheapest]!, Math.max(...costs));
  return Number.isNaN(area) ? undefined : area;
}
