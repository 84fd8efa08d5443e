import type { FrontierPoint, FrontierReport } from '@terrace/core/deploy';
import { printMix } from '../reports/print-mix.js';
import { ms, percent, table } from './output.js';

/** The frontier with the budget in it, a small plot, and what is ruled out. */
export function describeFrontier(report: FrontierReport): string {
  const { budgetUsd, requestsPerMonth, basis, points, chosen, rejected } = report;
  const frontier = points.filter(({ onFrontier }) => onFrontier);
  const beyond = frontier.filter(({ withinBudget }) => !withinBudget);
  const rows = (of: readonly FrontierPoint[]): string[][] => of.map((point) => rowOf(point, point === chosen));
  return [
    `${requestsPerMonth.toLocaleString('en')} requests a month; accuracy by ${basis}`,
    '',
    table([
      ['', 'a month', 'accuracy', 'p95', 'machine', 'what answers'],
      ...rows(frontier.filter(({ withinBudget }) => withinBudget)),
      ['', usd(budgetUsd), '', '', '', '---- the budget ----'],
      ...rows(beyond),
    ]),
    '',
    ...plotOf(report),
    '',
    chosen
      ? `> ${printMix(chosen.mix)} on ${chosen.hardware}: ${usd(chosen.monthlyUsd)} a month, ${percent(chosen.accuracy)} right`
      : 'nothing within the budget is accurate enough',
    ...(rejected.length === 0 ? [] : ['', 'not possible']),
    ...(rejected.length === 0
      ? []
      : [table(rejected.map(({ hardware, model, reason }) => [`  ${hardware}`, model, reason]))]),
  ].join('\n');
}

const rowOf = ({ monthlyUsd, accuracy, p95Ms, hardware, mix }: FrontierPoint, isChosen: boolean): string[] => [
  isChosen ? '>' : '',
  usd(monthlyUsd),
  percent(accuracy),
  ms(p95Ms),
  hardware,
  printMix(mix),
];

const usd = (amount: number): string => `US$ ${amount.toFixed(2)}`;

const WIDTH = 60;
const HEIGHT = 10;

/** Accuracy upwards, cost to the right. */
function plotOf({ points, budgetUsd, chosen }: FrontierReport): string[] {
  const mostUsd = Math.max(budgetUsd, ...points.map(({ monthlyUsd }) => monthlyUsd));
  const accuracies = points.map(({ accuracy }) => accuracy);
  const [least, most] = [Math.min(...accuracies), Math.max(...accuracies)];
  const column = (amount: number): number => Math.round((amount / mostUsd) * (WIDTH - 1));
  const row = (accuracy: number): number =>
    most > least ? Math.round(((most - accuracy) / (most - least)) * (HEIGHT - 1)) : 0;
  const cells = Array.from({ length: HEIGHT }, () => Array.from({ length: WIDTH }, () => ' '));
  for (const line of cells) line[column(budgetUsd)] = '|';
  const put = (of: readonly FrontierPoint[], symbol: string): void => {
    for (const { monthlyUsd, accuracy } of of) cells[row(accuracy)]![column(monthlyUsd)] = symbol;
  };
  put(points, '.');
  put(
    points.filter(({ onFrontier }) => onFrontier),
    'o',
  );
  if (chosen) put([chosen], '#');
  const labelOf = (line: number): string => (line === 0 ? percent(most) : line === HEIGHT - 1 ? percent(least) : '');
  return [
    ...cells.map((line, index) => `${labelOf(index).padStart(8)} ${line.join('').trimEnd()}`),
    `${' '.repeat(9)}${'-'.repeat(WIDTH)}`,
    `${' '.repeat(9)}${'US$ 0'.padEnd(WIDTH - usd(mostUsd).length)}${usd(mostUsd)}`,
    `${' '.repeat(9)}# chosen  o frontier  . others  | budget`,
  ];
}
