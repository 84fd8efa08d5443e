import {
  staticLp,
  type RewardTable,
  type Scenario,
  type ScenarioEvent,
  type SimulationRun,
} from '@terrace/core/deploy';
import {
  BASELINES,
  meanOf,
  pairedInterval,
  PUBLISHED,
  randomTable,
  scenarioOf,
  simulated,
  syntheticTable,
  type Arm,
} from './deploy-worlds.js';
import { printFigures, type Figure } from './report.js';

const HORIZONS = [1000, 3000, 10_000, 30_000, 100_000];
const MOST_SLOPE = 0.6;
const BUDGET_SHARE = 0.5;
/** Live sets are chosen anew every so many requests, however long the horizon. */
const WINDOW = 500;
const WORLDS = 10;

/** Six models for four slots; three of them are of no use. */
const SIX_ARMS: readonly Arm[] = [
  { reward: 0.3, cost: 0.001 },
  { reward: 0.5, cost: 0.003 },
  { reward: 0.35, cost: 0.005 },
  { reward: 0.8, cost: 0.006 },
  { reward: 0.6, cost: 0.008 },
  { reward: 0.95, cost: 0.01 },
];

/**
 * The radius is as published in the first two; with the published pace, what is hoped of costs is spent, and more is earned
 * with it than the oracle may: only what is lost at the same spending says anything.
 */
const FORMS = {
  'published radius, paced': { ...PUBLISHED, pace: 'paced' },
  'published radius, fixed budget': PUBLISHED,
  'shipped form': {},
} as const;

/** Figure 2 of deployments: how regret grows on a workload that stays as it is, and where a model arrives in every window. */
export async function deployRegret(seeds = 20): Promise<void> {
  const table = syntheticTable(SIX_ARMS, 3);
  const figures: Figure[] = [];
  for (const [form, settings] of Object.entries(FORMS)) {
    const scenarios = HORIZONS.map((requests) =>
      scenarioOf(table, BUDGET_SHARE, { requests, windows: Math.ceil(requests / WINDOW), settings }),
    );
    const runs = await simulated(table, scenarios, ['stageroute'], seeds);
    figures.push(
      growth(
        form,
        table,
        scenarios,
        runs.map((of) => of.get('stageroute')!),
      ),
    );
  }
  printFigures(`Regret on 6 models that stay as they are, Mmax 4, ${seeds} seeds`, figures);
  printFigures(
    `Regret with a model that arrives in every window, ${WORLDS} worlds of 10 models, Mmax 4, ${seeds} runs`,
    await withArrivals(seeds),
  );
}

function growth(
  form: string,
  table: RewardTable,
  scenarios: readonly Scenario[],
  runs: readonly (readonly SimulationRun[])[],
): Figure {
  const regrets = runs.map((of, i) => meanOf(of.map((run) => regretAtSpend(run, table, scenarios[i]!))));
  const spent = runs.map((of, i) => meanOf(of.map(({ meanCost }) => meanCost / scenarios[i]!.settings.budget)));
  const toOracle = runs.map((of) => meanOf(of.map(({ regret }) => regret)));
  const slope = slopeOf(
    HORIZONS.map(Math.log),
    regrets.map((regret) => Math.log(Math.max(1, regret))),
  );
  const isPublished = form.startsWith('published');
  return {
    name: `${form}: slope of regret at what was spent`,
    wanted: isPublished ? `at most ${MOST_SLOPE}` : 'reported',
    measured:
      `${slope.toFixed(2)} (${whole(regrets)} at T = ${HORIZONS.join(', ')}; ` +
      `spent ${spent.map((share) => share.toFixed(2)).join(', ')} of the budget; ` +
      `to the oracle at the budget ${whole(toOracle)})`,
    holds: !isPublished || slope <= MOST_SLOPE,
  };
}

const whole = (values: readonly number[]): string => values.map((value) => value.toFixed(0)).join(', ');

/** To fixed shares that spend as much. What the run expected is the oracle's less its regret. */
function regretAtSpend(
  { regret, meanCost }: SimulationRun,
  table: RewardTable,
  { requests, settings }: Scenario,
): number {
  return requests * (staticLp(table, meanCost).reward - staticLp(table, settings.budget).reward) + regret;
}

/** Ten worlds of ten models: three are there at first, and another one comes with every window. */
async function withArrivals(seeds: number): Promise<readonly Figure[]> {
  const regrets = new Map<string, number[]>(['stageroute', ...BASELINES].map((name) => [name, []]));
  for (let world = 1; world <= WORLDS; world++) {
    const table = randomTable(10, world);
    const events: ScenarioEvent[] = table.arms.slice(3).map((_, i) => ({ kind: 'arrival', window: i + 1, arm: i + 3 }));
    const scenario = scenarioOf(table, 0.25, { requests: 20_000, windows: events.length + 1, events });
    const [runs] = await simulated(table, [scenario], ['stageroute', ...BASELINES], Math.ceil(seeds / WORLDS));
    for (const [name, of] of runs!) regrets.get(name)!.push(...of.map(({ regret }) => regret));
  }
  const own = regrets.get('stageroute')!;
  return BASELINES.map((name) => {
    const other = regrets.get(name)!;
    const [low, high] = pairedInterval(other.map((regret, run) => regret - own[run]!));
    return {
      name: `regret below that of ${name}`,
      wanted: 'above 0, paired',
      measured: `${meanOf(own).toFixed(0)} against ${meanOf(other).toFixed(0)}, less by ${low.toFixed(0)} to ${high.toFixed(0)}`,
      holds: low > 0,
    };
  });
}

/** Least squares. */
function slopeOf(x: readonly number[], y: readonly number[]): number {
  const [meanX, meanY] = [meanOf(x), meanOf(y)];
  const above = x.reduce((sum, value, i) => sum + (value - meanX) * (y[i]! - meanY), 0);
  return above / x.reduce((sum, value) => sum + (value - meanX) ** 2, 0);
}
