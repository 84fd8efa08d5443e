import { staticLp, type RewardTable, type Scenario, type SimulationRun } from '@terrace/core/deploy';
import { FOUR_ARMS, meanOf, scenarioOf, simulated, syntheticTable, type Arm } from './deploy-worlds.js';
import { printFigures, type Figure } from './report.js';

const WINDOW = 3;
const NEWCOMER = FOUR_ARMS.length;
const BUDGET_SHARE = 0.25;
const BETTER: Arm = { reward: 0.95, cost: 0.002 };
const WORSE: Arm = { reward: 0.6, cost: 0.012 };

const EVENTS = [{ kind: 'arrival', window: WINDOW, arm: NEWCOMER }] as const;
const NEVER_ASKED = [{ kind: 'departure', window: 0, arm: NEWCOMER }] as const;

/**
 * Figure 4 of deployments: a model that is better and cheaper is soon used, and one that is worse takes no more than its trial.
 * All slots may be taken when it comes, or one may be free.
 */
export async function deployArrivals(seeds = 50): Promise<void> {
  const figures: Figure[] = [];
  for (const maxLive of [5, 4, 3]) {
    figures.push(await better(maxLive, seeds), ...(await worse(maxLive, seeds)));
  }
  printFigures(`A fifth model arrives in window ${WINDOW} of 10, ${seeds} seeds`, figures);
}

async function better(maxLive: number, seeds: number): Promise<Figure> {
  const table = syntheticTable([...FOUR_ARMS, BETTER], 5);
  const scenario = scenarioOf(table, BUDGET_SHARE, { events: EVENTS, settings: { maxLive } });
  const [runs] = await simulated(table, [scenario], ['stageroute'], seeds);
  const windows = runs!.get('stageroute')!.map(({ adoption }) => adoption[0]?.windows ?? Infinity);
  const soon = windows.filter((each) => each <= 2).length / windows.length;
  return {
    name: `Mmax ${maxLive}: a better, cheaper model is adopted within two windows`,
    wanted: 'at least 95 % of seeds',
    measured: `${(100 * soon).toFixed(0)} %, after ${meanOf(windows).toFixed(2)} windows on average`,
    holds: soon >= 0.95,
  };
}

/**
 * Held against the same seeds without the newcomer: the oracle has no use for it, so that regrets can be subtracted. Where all
 * slots are taken, a newcomer's trial also keeps another model out for a window, which is luck either way: only told.
 */
async function worse(maxLive: number, seeds: number): Promise<readonly Figure[]> {
  const table = syntheticTable([...FOUR_ARMS, WORSE], 5);
  const scenario = (events: Scenario['events']): Scenario =>
    scenarioOf(table, BUDGET_SHARE, { events, settings: { maxLive } });
  const scenarios = [scenario(EVENTS), scenario(NEVER_ASKED)];
  const [tried, without] = await simulated(table, scenarios, ['stageroute'], seeds);
  const { windows, requests, settings } = scenarios[0]!;
  const asked = tried!.get('stageroute')!.map(({ live }) => askedOf(live, requests / windows));
  const lost = tried!.get('stageroute')!.map(({ regret }, seed) => regret - without!.get('stageroute')![seed]!.regret);
  const trial = settings.trialShare * (requests / windows);
  const allowance = trial * gapOf(table, settings.budget);
  const isFree = maxLive > FOUR_ARMS.length;
  return [
    {
      name: `Mmax ${maxLive}: a worse model is asked as often as its trial takes`,
      wanted: `at most ${trial.toFixed(0)} of ${requests} requests, and one in ten thousand`,
      measured: `${meanOf(asked).toFixed(1)} on average, at most ${Math.max(...asked).toFixed(0)}`,
      holds: meanOf(asked) <= trial + requests / 10_000,
    },
    {
      name: `Mmax ${maxLive}: and costs no more than that`,
      wanted: isFree ? `a reward of at most ${allowance.toFixed(1)} in all, and a tenth` : 'reported',
      measured: `${meanOf(lost).toFixed(1)} on average, median ${medianOf(lost).toFixed(1)}`,
      holds: !isFree || meanOf(lost) <= 1.1 * allowance,
    },
  ];
}

/** What a request to the newcomer loses: reward, and what its extra cost would have bought elsewhere. */
function gapOf(table: RewardTable, budget: number): number {
  const others = FOUR_ARMS.map((_, arm) => arm);
  const at = (amount: number): number => staticLp(table, amount, others).reward;
  const price = (at(1.01 * budget) - at(budget)) / (0.01 * budget);
  return at(budget) - meanOf(table.rewards[NEWCOMER]!) + price * (meanOf(table.costs[NEWCOMER]!) - budget);
}

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;

const askedOf = (live: SimulationRun['live'], window: number): number =>
  live.reduce((sum, shares) => sum + (shares[NEWCOMER] ?? 0) * window, 0);
