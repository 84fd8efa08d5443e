import { certify, type Certificate } from '../../judge/risk-control.js';
import type { GridPoint } from '../../catalog/calibration.js';
import { GUARDED } from './score.js';

const GRID_POINTS = 100;

export interface ScoredRow {
  readonly score: number;
  readonly right: boolean;
}

/**
 * The loosest score at which hits are wrong at most as often as allowed, with probability 1 - `delta`.
 * Rows that the guard stopped are no hits at any threshold; what is not a number is left out.
 */
export function certifyHits(
  rows: readonly ScoredRow[],
  { maxWrongHitRate, delta }: { readonly maxWrongHitRate: number; readonly delta: number },
): Certificate | undefined {
  const sound = rows.filter(({ score }) => Number.isFinite(score));
  return certify({ grid: gridOf(sound), rows: sound.length, maxRisk: maxWrongHitRate, delta });
}

/** Strictest first; equal scores are accepted together. */
function gridOf(rows: readonly ScoredRow[]): GridPoint[] {
  const sorted = rows.filter(({ score }) => score > GUARDED).toSorted((a, b) => b.score - a.score);
  const points: GridPoint[] = [];
  let wrong = 0;
  let accepted = 0;
  for (let i = 1; i <= GRID_POINTS; i++) {
    const coverage = i / GRID_POINTS;
    const target = Math.max(1, Math.floor(coverage * rows.length));
    if (target > sorted.length) break;
    const threshold = sorted[target - 1]!.score;
    while (accepted < sorted.length && sorted[accepted]!.score >= threshold) {
      if (!sorted[accepted]!.right) wrong++;
      accepted++;
    }
    points.push({ coverage, threshold, accepted, wrong });
  }
  return points;
}
