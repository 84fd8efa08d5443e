import { climbOptions } from '../escalate/climb-utility.js';
import type { LadderCalibration, PathCalibration } from '../catalog/calibration.js';
import { pathKey } from '../catalog/find-ladder.js';
import { probabilityRight } from '../judge/confidence.js';
import { readPath, type PathRow } from './fit-paths.js';
import type { ScoredRows } from './scored-rows.js';

/** How a ladder ended on one row. */
export interface Ending {
  readonly tiers: readonly string[];
  readonly confidence: number;
  readonly right: boolean;
}

export type Policy = Pick<LadderCalibration, 'tiers' | 'exchangeRate' | 'relativeCosts' | 'paths'>;

/** What every path of the ladder says of every row. */
export function readPaths(rows: ScoredRows, paths: readonly PathCalibration[]): Map<string, PathRow[]> {
  return new Map(paths.map((path) => [pathKey(path.tiers), readPath(rows, path.tiers, path.weights)]));
}

/**
 * Walks one row through the ladder as the runtime does: climb while a climb is worth its price, or
 * while the confidence is below `threshold` and a tier is left.
 */
export function walk(
  policy: Policy,
  seen: ReadonlyMap<string, readonly PathRow[]>,
  row: number,
  threshold = 0,
): Ending {
  const costOf = (tier: string): number => policy.relativeCosts[policy.tiers.indexOf(tier)] ?? 0;
  let path = policy.paths.find(({ tiers }) => tiers.length === 1)!;
  for (;;) {
    const { features, right } = seen.get(pathKey(path.tiers))![row]!;
    const confidence = probabilityRight(features, path.confidence);
    const [best] = climbOptions({ confidence, climbs: path.climbs, exchangeRate: policy.exchangeRate, costOf });
    if (!best || (best.utility <= 0 && confidence >= threshold)) return { tiers: path.tiers, confidence, right };
    const longer = pathKey([...path.tiers, best.tier]);
    path = policy.paths.find(({ tiers }) => pathKey(tiers) === longer)!;
  }
}

/** How the ladder ends on every row, as a function of the threshold; the evidence is read once. */
export function ladderEndings(policy: Policy, rows: ScoredRows): (threshold: number) => Ending[] {
  const seen = readPaths(rows, policy.paths);
  return (threshold) => rows.truth.map((_, row) => walk(policy, seen, row, threshold));
}

export const simulateLadder = (policy: Policy, rows: ScoredRows, threshold = 0): Ending[] =>
  ladderEndings(policy, rows)(threshold);

/** Share of rows that were right. */
export const accuracyOf = (endings: readonly { readonly right: boolean }[]): number =>
  endings.filter(({ right }) => right).length / Math.max(1, endings.length);
