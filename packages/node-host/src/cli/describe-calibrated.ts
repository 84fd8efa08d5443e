import type { Calibration } from '@terrace/core';
import { percent } from './output.js';

/** Below this, it is told how much of the requests the rows stand for. */
const NEARLY_ALL = 0.95;

/** The rows that a calibration rests on: all of them, or some that have labels as often as they are asked for. */
export function describeCalibrated({ rows, traffic }: Pick<Calibration['data'], 'rows' | 'traffic'>): string {
  if (!traffic) return `${rows} rows`;
  const { requests, rows: before, overlap } = traffic;
  const part = overlap < NEARLY_ALL ? `, as far as there are rows of them (${percent(overlap)})` : '';
  return `${rows} of ${before} rows, with labels as often as ${requests} requests asked for them${part}`;
}
