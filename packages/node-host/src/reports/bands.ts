import { mean, quantile } from '@terrace/core';
import type { Banded, SimulationRun } from '@terrace/core/deploy';

/** At one point of a curve: the mean over seeds, and what holds the middle nine of ten. */
export interface BandPoint extends Banded {
  readonly asked: number;
}

/** The curve of an algorithm over its seeds. */
export function bandsOf(
  runs: readonly SimulationRun[],
  valueOf: (curve: SimulationRun['curve'], point: number) => number,
): BandPoint[] {
  const points = Math.min(...runs.map(({ curve }) => curve.asked.length));
  if (!Number.isFinite(points)) return [];
  return Array.from({ length: points }, (_, point) => {
    const values = runs.map(({ curve }) => valueOf(curve, point)).filter(Number.isFinite);
    const asked = runs[0]!.curve.asked[point]!;
    return { asked, mean: mean(values), low: quantile(values, 0.05), high: quantile(values, 0.95) };
  });
}

/** Which part of `points` a table shows: about ten, the last among them. */
export const someOf = <T>(points: readonly T[], most = 10): readonly T[] => {
  const step = Math.max(1, Math.ceil(points.length / most));
  return points.filter((_, index) => (points.length - 1 - index) % step === 0);
};
