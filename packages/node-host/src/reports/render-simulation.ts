import type { Banded, SimulationReport, SimulationRun } from '@terrace/core/deploy';
import { htmlPage, type HtmlSection } from './html-page.js';
import { htmlTable } from './html-table.js';
import { costSection } from './simulation-costs.js';
import { regretSection, spendSection } from './simulation-curves.js';
import { liveSection } from './simulation-live.js';

/** A simulation as one HTML file: reward against cost, regret, spending and what was live, each with its numbers. */
export async function renderSimulation(report: SimulationReport, runs: readonly SimulationRun[]): Promise<string> {
  const { seeds, requests, windows, budget } = report;
  return htmlPage({
    title: 'Simulation of a deployment',
    lead: [
      `${requests.toLocaleString('en')} requests in ${windows} windows, US$ ${Number(budget.toPrecision(4))} a request, ` +
        `${seeds} seeds.`,
    ],
    sections: [
      summarySection(report),
      await costSection(report),
      await regretSection(report, runs),
      await spendSection(report, runs),
      await liveSection(report, runs),
    ],
  });
}

function summarySection({ algorithms, references, budget }: SimulationReport): HtmlSection {
  const entries = Object.entries(algorithms);
  const withAiq = entries.some(([, { aiq }]) => aiq !== undefined);
  const withArrivals = entries.some(([, { windowsToAdopt }]) => windowsToAdopt !== undefined);
  return {
    title: 'Summary',
    text: 'Below each mean: the middle nine of ten seeds. Overspend is that of the mean cost over the whole simulation.',
    parts: [
      htmlTable({
        caption: 'Algorithms',
        head: [
          'algorithm',
          'mean reward',
          'of the LP',
          'spent',
          'overspend',
          'regret',
          'switches',
          ...(withAiq ? ['AIQ'] : []),
          ...(withArrivals ? ['windows to adopt'] : []),
        ],
        rows: entries.map(([name, { meanReward, meanCost, bands, aiq, windowsToAdopt }]) => [
          name,
          printBand(bands.meanReward, (value) => value.toFixed(4)),
          percent(meanReward / references.staticLp),
          percent(meanCost / budget),
          printBand(bands.overspend, percent),
          printBand(bands.regret, (value) => value.toFixed(1)),
          printBand(bands.switches, (value) => value.toFixed(1)),
          ...(withAiq ? [aiq?.toFixed(4) ?? ''] : []),
          ...(withArrivals ? [windowsToAdopt?.toFixed(1) ?? ''] : []),
        ]),
      }),
      htmlTable({
        caption: 'Within reach by calls alone',
        head: ['who', 'mean reward'],
        rows: [
          ['fixed shares (static LP)', references.staticLp.toFixed(4)],
          ['one model alone', references.bestArm.toFixed(4)],
          ['knows every query', references.oracle.toFixed(4)],
        ],
      }),
    ],
  };
}

const percent = (value: number): string => (Number.isFinite(value) ? `${(value * 100).toFixed(2)} %` : '');

const printBand = ({ mean, low, high }: Banded, print: (value: number) => string): string =>
  Number.isFinite(mean) ? `${print(mean)}\n${print(low)} to ${print(high)}` : '';
