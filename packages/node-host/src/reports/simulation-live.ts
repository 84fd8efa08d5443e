import { mean } from '@terrace/core';
import type { SimulationReport, SimulationRun } from '@terrace/core/deploy';
import { escapeHtml } from './escape-html.js';
import { figure, type HtmlSection } from './html-page.js';
import { htmlTable } from './html-table.js';
import { seriesStyle } from './palette.js';
import { plotSvg } from './plot.js';
import { shortName } from './short-name.js';

/** Of more windows several share a column. */
const MOST_COLUMNS = 40;

interface Column {
  /** `7`, or `7-9`. */
  readonly name: string;
  /** By arm: mean over its windows and all seeds. */
  readonly shares: readonly number[];
}

/** What was live when, one panel an algorithm. */
export async function liveSection(report: SimulationReport, runs: readonly SimulationRun[]): Promise<HtmlSection> {
  const { arms, windows } = report;
  // Names that are cut may be alike, and each has a row of its own.
  const rows = arms.map(({ name }, arm) => `${shortName(name)}${isShortAlone(report, arm) ? '' : ` (${arm + 1})`}`);
  const parts: string[] = [];
  for (const name of Object.keys(report.algorithms)) {
    const of = runs.filter(({ algorithm }) => algorithm === name);
    const columns = columnsOf(of, arms.length, windows);
    const svg = await plotSvg({
      label: `Shares of the models in each window, ${name}; the table below has the numbers`,
      height: 72 + 24 * arms.length,
      x: { label: 'window', values: columns.map((column) => column.name) },
      y: { label: '', values: rows },
      marks: [
        {
          kind: 'cells',
          style: seriesStyle(0),
          cells: columns.flatMap((column) =>
            column.shares.flatMap((share, arm) => (share > 0 ? [{ x: column.name, y: rows[arm]!, share }] : [])),
          ),
        },
      ],
    });
    const table = htmlTable({
      caption: `${name}: shares of the requests, mean over the seeds`,
      head: ['window', ...arms.map((arm) => arm.name)],
      rows: columns.map((column) => [column.name, ...column.shares.map(percent)]),
    });
    parts.push(`<h3>${escapeHtml(name)}</h3>`, figure(svg), table);
  }
  return {
    title: 'What was live when',
    text: "The stronger the colour, the more of a window's requests the model answered, in the mean over the seeds.",
    parts,
  };
}

function isShortAlone({ arms }: SimulationReport, arm: number): boolean {
  const short = shortName(arms[arm]!.name);
  return arms.every(({ name }, other) => other === arm || shortName(name) !== short);
}

function columnsOf(runs: readonly SimulationRun[], arms: number, windows: number): Column[] {
  const size = Math.ceil(windows / MOST_COLUMNS);
  const columns: Column[] = [];
  for (let from = 0; from < windows; from += size) {
    const to = Math.min(from + size, windows);
    const within = runs.flatMap(({ live }) => live.slice(from, to));
    columns.push({
      name: to - from === 1 ? `${to}` : `${from + 1}-${to}`,
      shares: Array.from({ length: arms }, (_, arm) => mean(within.map((shares) => shares[arm] ?? 0))),
    });
  }
  return columns;
}

const percent = (share: number): string => (share > 0 ? `${(share * 100).toFixed(1)} %` : '');
