import type { Banded, SimulationReport } from '@terrace/core/deploy';
import { percent, table } from './output.js';

/** A table of what each algorithm came to, and what was within reach. */
export function describeSimulation(report: SimulationReport): string {
  const { algorithms, references, seeds, requests, windows, budget } = report;
  const entries = Object.entries(algorithms);
  const withAiq = entries.some(([, { aiq }]) => aiq !== undefined);
  const withArrivals = entries.some(([, { windowsToAdopt }]) => windowsToAdopt !== undefined);
  const rows = entries.map(([name, of]) => [
    name,
    of.meanReward.toFixed(4),
    references.staticLp > 0 ? percent(of.meanReward / references.staticLp) : '',
    percent(of.meanCost / budget),
    percent(of.bands.overspend.high),
    whole(of.regret),
    bandOf(of.bands.regret),
    of.switches.toFixed(1),
    ...(withAiq ? [of.aiq?.toFixed(4) ?? ''] : []),
    ...(withArrivals ? [of.windowsToAdopt?.toFixed(1) ?? ''] : []),
  ]);
  return [
    `${count(requests)} requests in ${windows} windows, ${usd(budget)} a request, ${seeds} seeds`,
    '',
    table([
      [
        'algorithm',
        'reward',
        'of the LP',
        'spent',
        'over',
        'regret',
        '90 % of seeds',
        'switches',
        ...(withAiq ? ['AIQ'] : []),
        ...(withArrivals ? ['windows to adopt'] : []),
      ],
      ...rows,
    ]),
    '',
    table([
      ['within reach', 'reward'],
      ['fixed shares (static LP)', references.staticLp.toFixed(4)],
      ['one model alone', references.bestArm.toFixed(4)],
      ['knowing every query', references.oracle.toFixed(4)],
    ]),
  ].join('\n');
}

const bandOf = ({ low, high }: Banded): string => `${whole(low)} to ${whole(high)}`;

/** Never "-0". */
const whole = (value: number): string => String(Math.round(value) + 0);

const count = (value: number): string => value.toLocaleString('en');

const usd = (amount: number): string => `US$ ${Number(amount.toPrecision(4))}`;
