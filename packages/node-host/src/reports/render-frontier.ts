import type { FrontierPoint, FrontierReport } from '@terrace/core/deploy';
import { figure, htmlPage, type HtmlSection } from './html-page.js';
import { htmlTable } from './html-table.js';
import { legend } from './legend.js';
import { seriesStyle } from './palette.js';
import type { PlotMark } from './plot-marks.js';
import { plotSvg } from './plot.js';
import { printMix } from './print-mix.js';

/** What budgets and machines would buy as one HTML file: accuracy against cost, every point, and what is ruled out. */
export async function renderFrontier(report: FrontierReport): Promise<string> {
  const { budgetUsd, requestsPerMonth, basis, rejected } = report;
  return htmlPage({
    title: 'What a budget would buy',
    lead: [
      `${requestsPerMonth.toLocaleString('en')} requests a month, US$ ${Number(budgetUsd.toFixed(2))} a month. ` +
        `Accuracy by ${basis}.`,
      chosenText(report),
    ],
    sections: [
      await plotSection(report),
      pointsSection(report),
      ...(rejected.length > 0
        ? [
            {
              title: 'Not possible',
              text: 'Why machines cannot run models.',
              parts: [
                htmlTable({
                  caption: 'By machine',
                  head: ['machine', 'model', 'reason'],
                  rows: rejected.map(({ hardware, model, reason }) => [hardware, model, reason]),
                }),
              ],
            },
          ]
        : []),
    ],
  });
}

async function plotSection({ points, budgetUsd, chosen }: FrontierReport): Promise<HtmlSection> {
  const machines = [...new Set(points.map(({ hardware }) => hardware))];
  const frontier = points.filter(({ onFrontier }) => onFrontier);
  const ofFrontier = { ...seriesStyle(9), dash: '' };
  const at = ({ monthlyUsd, accuracy, mix }: FrontierPoint) => ({ x: monthlyUsd, y: accuracy, title: printMix(mix) });
  const dots = machines.flatMap((machine, index): PlotMark[] => {
    const its = points.filter(({ hardware }) => hardware === machine);
    const of = (onFrontier: boolean): PlotMark => ({
      kind: 'dots',
      style: seriesStyle(index),
      filled: onFrontier,
      points: its.filter((point) => point.onFrontier === onFrontier).map(at),
    });
    return [of(false), of(true)];
  });
  const svg = await plotSvg({
    label: 'Accuracy against monthly cost of each deployment; the table has the numbers',
    height: 420,
    x: { label: 'cost a month, US dollars' },
    y: { label: 'accuracy', format: '~%' },
    marks: [
      { kind: 'line', style: ofFrontier, points: frontier.map(at) },
      { kind: 'rule', axis: 'x', at: budgetUsd, text: 'budget' },
      ...dots,
      { kind: 'labels', points: chosen ? [{ ...at(chosen), text: 'chosen' }] : [] },
    ],
  });
  const key = legend([
    ...machines.map((name, index) => ({ name, style: seriesStyle(index), shows: 'points' as const })),
    { name: 'frontier: nothing is as good for less', style: ofFrontier, shows: 'line' },
  ]);
  return { title: 'Accuracy against cost', text: 'Filled points are on the frontier.', parts: [figure(svg, key)] };
}

function pointsSection({ points, chosen }: FrontierReport): HtmlSection {
  return {
    title: 'Deployments',
    text: 'By cost. p95 is that of the slowest tier that one request in twenty asks.',
    parts: [
      htmlTable({
        caption: 'Each with the shares of what answers',
        head: ['deployment', 'machine', 'US dollars a month', 'accuracy', 'p95, ms', 'frontier', 'within the budget'],
        rows: points.map((point) => [
          `${printMix(point.mix)}${point === chosen ? ' (chosen)' : ''}`,
          point.hardware,
          point.monthlyUsd.toFixed(2),
          `${(point.accuracy * 100).toFixed(2)} %`,
          point.p95Ms.toPrecision(3),
          point.onFrontier ? 'yes' : '',
          point.withinBudget ? 'yes' : 'no',
        ]),
      }),
    ],
  };
}

function chosenText({ chosen }: FrontierReport): string {
  if (!chosen) return 'Nothing within the budget is accurate enough.';
  const { hardware, mix, monthlyUsd, accuracy } = chosen;
  return `Chosen: ${printMix(mix)} on ${hardware}, US$ ${monthlyUsd.toFixed(2)} a month, ${(accuracy * 100).toFixed(2)} % right.`;
}
