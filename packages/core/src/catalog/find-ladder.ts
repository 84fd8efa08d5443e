import type { Calibration, LadderCalibration, PathCalibration } from './calibration.js';

export const pathKey = (tiers: readonly string[]): string => tiers.join('+');

export function findLadder(
  calibration: Calibration | undefined,
  tiers: readonly string[],
): LadderCalibration | undefined {
  return calibration?.ladders.find((ladder) => pathKey(ladder.tiers) === pathKey(tiers));
}

export function findPath(ladder: LadderCalibration | undefined, tiers: readonly string[]): PathCalibration | undefined {
  const key = pathKey(tiers);
  return ladder?.paths.find((path) => pathKey(path.tiers) === key);
}
