import { printAmount, printLimit } from '@terrace/core/budget';
import type { Forecasted } from '../budget/forecast-standings.js';
import { percent, table } from './output.js';

/** From here on a day has been seen. */
const ENOUGH_HOURS = 24;

/** One budget a line. */
export function describeForecasts(forecasts: readonly Forecasted[]): string {
  const head = ['budget', 'limit', 'spent so far', 'expected', '90 % interval', 'ends', 'overrun', 'spent at'];
  const isThin = forecasts.some(({ forecast }) => forecast && forecast.basisHours < ENOUGH_HOURS);
  const note = '\nLess than a day of spending is known: intervals are wide.';
  return `${table([head, ...forecasts.map(rowOf)])}${isThin ? note : ''}`;
}

function rowOf({ standing: { id, limit, spent, reserved, toWallMs }, forecast }: Forecasted): string[] {
  const amount = (value: number): string => printAmount(value, limit.unit);
  const begin = [id, printLimit(limit), amount(spent + reserved)];
  if (!forecast) return [...begin, 'unknown', 'no full hour of spending yet', dateOf(toWallMs), '', ''];
  const { expected, low, high, overrunProbability, spentAtWallMs } = forecast;
  return [
    ...begin,
    amount(expected),
    `${amount(low)} to ${amount(high)}`,
    dateOf(toWallMs),
    percent(overrunProbability),
    spentAtWallMs === undefined ? 'lasts' : spent + reserved >= limit.limit ? 'already' : dateOf(spentAtWallMs),
  ];
}

const dateOf = (wallMs: number | undefined): string =>
  wallMs === undefined ? '' : new Date(wallMs).toISOString().slice(0, 16).replace('T', ' ');
