import type { SimulationReport } from '@terrace/core/deploy';
import { figure, type HtmlSection } from './html-page.js';
import { htmlTable } from './html-table.js';
import { legend } from './legend.js';
import { seriesStyle } from './palette.js';
import type { PlotPoint } from './plot-marks.js';
import { plotSvg } from './plot.js';
import { shortName } from './short-name.js';

/** From here on the cheap models of a linear axis lie upon each other. */
const LOG_FROM_RATIO = 30;
/** A straight line between two models is none on a logarithmic axis. */
const STEPS = 40;

export async function costSection(report: SimulationReport): Promise<HtmlSection> {
  const { algorithms, arms, references, budget } = report;
  const names = Object.keys(algorithms);
  const models = arms.map(({ name, meanCost, meanReward }) => ({ name, x: meanCost, y: meanReward }));
  const costs = [...models.map(({ x }) => x), ...Object.values(algorithms).map(({ meanCost }) => meanCost), budget];
  const isLog = costs.every((cost) => cost > 0) && Math.max(...costs) / Math.min(...costs) > LOG_FROM_RATIO;
  const ofModels = { ...seriesStyle(9), symbol: 'circle', dash: '' } as const;
  const ofOracle = { ...seriesStyle(9), symbol: 'star', dash: '' } as const;
  const svg = await plotSvg({
    label: 'Mean reward against mean cost of each algorithm and model; the tables have the numbers',
    height: 420,
    x: {
      label: `mean cost of a request, US dollars${isLog ? ' (logarithmic)' : ''}`,
      scale: isLog ? 'log' : 'linear',
      format: '~r',
    },
    y: { label: 'mean reward' },
    marks: [
      { kind: 'rule', axis: 'x', at: budget, text: 'budget' },
      { kind: 'line', style: ofModels, points: between(frontierLine(models)) },
      {
        kind: 'dots',
        style: ofModels,
        points: models.map(({ name, x, y }) => ({ x, y, title: shortName(name) })),
        filled: false,
      },
      { kind: 'labels', points: models.map(({ x, y }, arm) => ({ x, y, text: `${arm + 1}` })) },
      { kind: 'dots', style: ofOracle, points: [{ x: budget, y: references.oracle, title: 'oracle' }], filled: true },
      ...names.map((name, index) => {
        const { meanCost: x, meanReward: y } = algorithms[name]!;
        return { kind: 'dots', style: seriesStyle(index), points: [{ x, y, title: name }], filled: true } as const;
      }),
    ],
  });
  const key = legend([
    ...names.map((name, index) => ({ name, style: seriesStyle(index), shows: 'points' as const })),
    { name: 'knows every query (oracle)', style: ofOracle, shows: 'points' },
    { name: 'models, and mixes of two with fixed shares', style: ofModels, shows: 'both' },
  ]);
  return {
    title: 'Reward against cost',
    text: 'On the line lies what fixed shares of the models reach at each cost, by the means of the table as it was read.',
    parts: [
      figure(svg, key),
      htmlTable({
        caption: 'Models of the table, by their numbers in the plot',
        head: ['model', 'number', 'mean reward', 'mean cost, US dollars'],
        rows: arms.map(({ name, meanReward, meanCost }, arm) => [
          name,
          `${arm + 1}`,
          meanReward.toFixed(4),
          meanCost.toPrecision(4),
        ]),
      }),
    ],
  };
}

/** From the cheapest model on, those that no mix of two others beats. */
function frontierLine(models: readonly PlotPoint[]): PlotPoint[] {
  const hull: PlotPoint[] = [];
  for (const model of models.toSorted((a, b) => a.x - b.x || b.y - a.y)) {
    if (hull.length > 0 && model.y <= hull.at(-1)!.y) continue;
    while (hull.length > 1 && !isBelow(hull.at(-2)!, hull.at(-1)!, model)) hull.pop();
    hull.push(model);
  }
  return hull;
}

/** Whether the way from `a` to `c` leads below `b`. */
const isBelow = (a: PlotPoint, b: PlotPoint, c: PlotPoint): boolean =>
  (b.y - a.y) * (c.x - a.x) > (c.y - a.y) * (b.x - a.x);

const between = (hull: readonly PlotPoint[]): PlotPoint[] =>
  hull.flatMap((from, index) => {
    const to = hull[index + 1];
    if (!to) return [from];
    return Array.from({ length: STEPS }, (_, step) => ({
      x: from.x + ((to.x - from.x) * step) / STEPS,
      y: from.y + ((to.y - from.y) * step) / STEPS,
    }));
  });
