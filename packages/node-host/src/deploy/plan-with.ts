import { createStageRoute, DEFAULT_STAGE_ROUTE, type MipSolver, type PlanningPorts } from '@terrace/core/deploy';

/** Decisions as simulations were made of. */
export const planWith = (solver: MipSolver): Pick<PlanningPorts, 'openWindow' | 'routing'> => ({
  openWindow: (settings, statistics) => createStageRoute(settings, { solver, statistics }),
  routing: DEFAULT_STAGE_ROUTE,
});
