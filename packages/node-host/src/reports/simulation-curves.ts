import type { SimulationReport, SimulationRun } from '@terrace/core/deploy';
import { bandsOf, someOf, type BandPoint } from './bands.js';
import { figure, type HtmlSection } from './html-page.js';
import { htmlTable } from './html-table.js';
import { legend } from './legend.js';
import { seriesStyle } from './palette.js';
import type { PlotMark } from './plot-marks.js';
import { plotSvg } from './plot.js';

export async function regretSection(report: SimulationReport, runs: readonly SimulationRun[]): Promise<HtmlSection> {
  return curveSection(report, runs, {
    title: 'Regret over time',
    text:
      'What the true means lose against whoever knows them in every window, summed up. ' +
      'Bands hold the middle nine of ten seeds; below 0 lies who spent more than the oracle may.',
    label: 'regret',
    valueOf: (curve, point) => curve.regret[point]!,
    print: (value) => value.toFixed(1),
    rules: [],
  });
}

export async function spendSection(report: SimulationReport, runs: readonly SimulationRun[]): Promise<HtmlSection> {
  return curveSection(report, runs, {
    title: 'Spend against budget',
    text: 'What was spent up to each request, as a share of what the budget allows up to it.',
    label: 'share of the budget so far',
    valueOf: (curve, point) => curve.spent[point]! / (report.budget * curve.asked[point]!),
    print: (value) => `${(value * 100).toFixed(1)} %`,
    format: '~%',
    rules: [{ kind: 'rule', axis: 'y', at: 1, text: 'budget' }],
  });
}

interface Curve {
  readonly title: string;
  readonly text: string;
  readonly label: string;
  readonly valueOf: (curve: SimulationRun['curve'], point: number) => number;
  readonly print: (value: number) => string;
  readonly format?: string;
  readonly rules: readonly PlotMark[];
}

async function curveSection(
  { algorithms }: SimulationReport,
  runs: readonly SimulationRun[],
  { title, text, label, valueOf, print, format, rules }: Curve,
): Promise<HtmlSection> {
  const names = Object.keys(algorithms);
  const curves = names.map((name) =>
    bandsOf(
      runs.filter(({ algorithm }) => algorithm === name),
      valueOf,
    ),
  );
  const svg = await plotSvg({
    label: `${title}: ${names.length} algorithms; the table below has the numbers`,
    x: { label: 'requests' },
    y: { label, ...(format !== undefined && { format }) },
    marks: [...curves.map(bandMark), ...rules, ...curves.flatMap(lineMarks)],
  });
  const table = htmlTable({
    caption: `${title}: mean, and below it the middle nine of ten seeds`,
    head: ['requests', ...names],
    rows: someOf(curves[0] ?? []).map(({ asked }) => [
      asked.toLocaleString('en'),
      ...curves.map((curve) => cellOf(curve, asked, print)),
    ]),
  });
  const key = legend(names.map((name, index) => ({ name, style: seriesStyle(index), shows: 'both' as const })));
  return { title, text, parts: [figure(svg, key), table] };
}

const bandMark = (curve: readonly BandPoint[], index: number): PlotMark => ({
  kind: 'band',
  style: seriesStyle(index),
  points: curve.map(({ asked, low, high }) => ({ x: asked, low, high })),
});

function lineMarks(curve: readonly BandPoint[], index: number): PlotMark[] {
  const points = curve.map(({ asked, mean }) => ({ x: asked, y: mean }));
  const style = seriesStyle(index);
  // Where lines lie upon each other, their symbols do not.
  const marked = points.filter((_, point) => point % 16 === (5 + index * 3) % 16);
  return [
    { kind: 'line', style, points },
    { kind: 'dots', style, points: marked, filled: false },
  ];
}

function cellOf(curve: readonly BandPoint[], asked: number, print: (value: number) => string): string {
  const point = curve.find((each) => each.asked === asked);
  if (!point || !Number.isFinite(point.mean)) return '';
  return `${print(point.mean)}\n${print(point.low)} to ${print(point.high)}`;
}
