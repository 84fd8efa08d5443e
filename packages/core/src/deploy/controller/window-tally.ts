import type { StageRoute } from '../stage-route.js';

/** What a window has had. */
export interface WindowTally {
  readonly asked: number;
  /** Fixed costs included. */
  readonly spentUsd: number;
}

export const NO_TALLY: WindowTally = { asked: 0, spentUsd: 0 };

/** @param route what its requests are routed by now; it counts from 0 whenever it is made anew */
export const withRoute = (
  { asked, spentUsd }: WindowTally,
  route: Pick<StageRoute, 'asked' | 'spent'> | undefined,
): WindowTally => ({ asked: asked + (route?.asked ?? 0), spentUsd: spentUsd + (route?.spent ?? 0) });

/**
 * Lets a router that is made anew within a window save what was spent beyond the budget before it. What was saved is not
 * handed on: so no number of restarts spends more than the budget.
 * @returns what the window has had beside what that router counts
 */
export function handOn(
  { asked, spentUsd }: WindowTally,
  route: Pick<StageRoute, 'spend'>,
  budgetUsd: number,
): WindowTally {
  const owedUsd = Math.max(0, spentUsd - asked * budgetUsd);
  route.spend(owedUsd);
  return { asked, spentUsd: spentUsd - owedUsd };
}
