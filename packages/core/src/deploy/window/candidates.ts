import type { WindowProgram } from './window-program.js';

/**
 * Numbers of the arms that may be in the best window: those that fewer than `maxLive` others are at least as good as in
 * everything. For of any window with another arm in it, one of those others is not live, and may take its place.
 */
export function candidatesOf(program: WindowProgram): number[] {
  const arms = [...program.rewardUpper.keys()];
  return arms.filter((arm) => {
    if (program.required[arm] === 1) return true;
    let better = 0;
    for (const other of arms) if (other !== arm && isAsGood(program, other, arm)) better++;
    return better < program.maxLive;
  });
}

/** Of two that are the same, the first one. */
export function isAsGood(program: WindowProgram, arm: number, than: number): boolean {
  const { rewardUpper, costLower, carries, fixedCost, least, live } = program;
  const differences = [
    rewardUpper[arm]! - rewardUpper[than]!,
    costLower[than]! - costLower[arm]!,
    carries[arm]! - carries[than]!,
    fixedCost[than]! - fixedCost[arm]!,
    least[than]! - least[arm]!,
    live[arm]! - live[than]!,
  ];
  if (differences.some((difference) => difference < 0)) return false;
  return arm < than || differences.some((difference) => difference > 0);
}
