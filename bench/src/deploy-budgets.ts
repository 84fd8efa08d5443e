import { staticLp, type RewardTable, type Scenario, type SimulationRun } from '@terrace/core/deploy';
import { BASELINES, meanOf, pairedInterval, paretoTable, PUBLISHED, scenarioOf, simulated } from './deploy-worlds.js';
import { printFigures, type Figure } from './report.js';

const WANTED = [
  { share: 0.05, ratio: 0.98 },
  { share: 0.1, ratio: 0.995 },
  { share: 0.25, ratio: 0.995 },
  { share: 0.5, ratio: 0.995 },
  { share: 0.75, ratio: 0.995 },
];
const MOST_OVERSPEND = 0.002;

/** Figure 1 of deployments: StageRoute keeps to a budget, and reaches what fixed shares could at most. */
export async function deployBudgets(seeds = 50): Promise<void> {
  const table = await paretoTable();
  if (table === undefined) return console.log('skipped: deploy-budgets (TERRACE_DATA is not set)');
  for (const maxLive of [4, 3]) {
    const scenarios = WANTED.map(({ share }) => scenarioOf(table, share, { settings: { maxLive } }));
    const published = WANTED.map(({ share }) => scenarioOf(table, share, { settings: { maxLive, ...PUBLISHED } }));
    const shipped = await simulated(table, scenarios, ['stageroute', ...BASELINES], seeds);
    const asPublished = await simulated(table, published, ['stageroute'], seeds);
    const title = `Budgets: 5 passes of ${table.rows} queries in 10 windows, Mmax ${maxLive}, ${seeds} seeds`;
    printFigures(
      title,
      WANTED.flatMap(({ share, ratio }, i) => {
        const own = shipped[i]!.get('stageroute')!;
        const { reward } = staticLp(table, scenarios[i]!.settings.budget);
        return [
          againstLp(`${percent(share)} of the dearest`, ratio, own, reward),
          ...BASELINES.map((name) => againstBaseline(name, table, scenarios[i]!, own, shipped[i]!.get(name)!)),
        ];
      }),
    );
    for (const [i, { share }] of WANTED.entries()) {
      const runs = asPublished[i]!.get('stageroute')!;
      const { reward } = staticLp(table, scenarios[i]!.settings.budget);
      console.log(`     published form, ${percent(share)}: ${inWords(runs, reward, scenarios[i]!)}`);
    }
  }
}

function againstLp(name: string, ratio: number, runs: readonly SimulationRun[], lp: number): Figure {
  const reached = meanOf(runs.map(({ meanReward }) => meanReward / lp));
  const worst = Math.min(...runs.map(({ meanReward }) => meanReward / lp));
  const over = Math.max(...runs.map(({ overspend }) => overspend));
  return {
    name: `${name}: reward over the static LP's`,
    wanted: `${ratio}, overspend at most ${MOST_OVERSPEND} in every seed`,
    measured: `${reached.toFixed(4)} (worst seed ${worst.toFixed(4)}), overspend at most ${over.toFixed(5)}`,
    holds: reached >= ratio && over <= MOST_OVERSPEND,
  };
}

/** The same budget, paired by seed. A baseline that leaves money is also held against the LP at what it spent. */
function againstBaseline(
  name: string,
  table: RewardTable,
  { settings }: Scenario,
  own: readonly SimulationRun[],
  other: readonly SimulationRun[],
): Figure {
  const ahead = own.map((run, seed) => run.meanReward - other[seed]!.meanReward);
  const [low, high] = pairedInterval(ahead);
  const spent = meanOf(other.map(({ meanCost }) => meanCost));
  const ofOwnSpend = (runs: readonly SimulationRun[]): number =>
    meanOf(runs.map(({ meanReward, meanCost }) => meanReward / staticLp(table, meanCost).reward));
  return {
    name: `  above ${name}`,
    wanted: 'above 0',
    measured:
      `${signed(meanOf(ahead))} (${signed(low)} to ${signed(high)}); it spends ${percent(spent / settings.budget)}, ` +
      `${ofOwnSpend(other).toFixed(4)} of the LP at its own spend (StageRoute ${ofOwnSpend(own).toFixed(4)})`,
    holds: low > 0,
  };
}

function inWords(runs: readonly SimulationRun[], lp: number, { settings }: Scenario): string {
  const spent = meanOf(runs.map(({ meanCost }) => meanCost / settings.budget));
  return `${(meanOf(runs.map(({ meanReward }) => meanReward)) / lp).toFixed(4)} of the LP, spends ${percent(spent)}`;
}

const percent = (value: number): string => `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`;
const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(4)}`;
