import type { SimulationRun, StatisticsKind } from '@terrace/core/deploy';
import { FOUR_ARMS, meanOf, scenarioOf, simulated, syntheticTable } from './deploy-worlds.js';

const BUDGET_SHARE = 0.25;
const SHIFT = -0.15;
/** The second dearest arm: it has most of the traffic. */
const SHIFTED = 2;

const KINDS: readonly StatisticsKind[] = [
  { kind: 'plain' },
  { kind: 'sliding', samples: 1000 },
  { kind: 'sliding', samples: 2000 },
  { kind: 'discounted', factor: 0.999 },
  { kind: 'discounted', factor: 0.9995 },
  { kind: 'change-detection', alpha: 0.05 },
];

/** What each way to count the past makes of a quality that falls at half time, and what it costs where nothing changes. */
export async function deployDrift(seeds = 50): Promise<void> {
  const table = syntheticTable(FOUR_ARMS, 9);
  const events = [{ kind: 'quality', window: 5, arm: SHIFTED, shift: SHIFT }] as const;
  const base = { requests: 20_000 };
  const shifted = KINDS.map((statistics) =>
    scenarioOf(table, BUDGET_SHARE, { ...base, events, settings: { statistics } }),
  );
  const still = KINDS.map((statistics) => scenarioOf(table, BUDGET_SHARE, { ...base, settings: { statistics } }));
  const runs = await simulated(table, [...shifted, ...still], ['stageroute'], seeds);
  console.log(`\n## Quality that falls by ${-SHIFT} at half of ${base.requests} requests, 4 arms, ${seeds} seeds`);
  for (const [i, statistics] of KINDS.entries()) {
    const [drifting, stationary] = [runs[i]!.get('stageroute')!, runs[KINDS.length + i]!.get('stageroute')!];
    const after = meanOf(drifting.map(regretAfterHalf));
    const whole = meanOf(stationary.map(({ regret }) => regret));
    const over = Math.max(...[...drifting, ...stationary].map(({ overspend }) => overspend));
    console.log(
      `     ${describe(statistics)}: regret ${after.toFixed(0)} after the fall, ${whole.toFixed(0)} in all where nothing ` +
        `changes; overspend at most ${over.toFixed(4)}`,
    );
  }
}

function regretAfterHalf({ regret, curve }: SimulationRun): number {
  const half = curve.asked.findIndex((asked) => asked >= curve.asked.at(-1)! / 2);
  return regret - curve.regret[half]!;
}

function describe(statistics: StatisticsKind): string {
  switch (statistics.kind) {
    case 'plain':
      return 'plain';
    case 'sliding':
      return `the latest ${statistics.samples}`;
    case 'discounted':
      return `discounted by ${statistics.factor}`;
    case 'change-detection':
      return `since the last change (alpha ${statistics.alpha})`;
    default:
      return statistics satisfies never;
  }
}
