import type { MipSolver } from '../../ports/mip-solver.js';
import { planWindow } from '../window/plan-window.js';
import type { WindowPlan } from '../window/window-program.js';
import type { ScenarioWindow } from './scenario-windows.js';
import type { Scenario } from './scenario.js';

/** What is known of a window: its true means. */
export interface KnownWindow {
  readonly window: Pick<ScenarioWindow, 'available' | 'requests' | 'meanReward' | 'meanCost'>;
  readonly scenario: Scenario;
  readonly solver: MipSolver;
}

/**
 * The window of whoever knows the true means: the mixed-integer program of the planner, and shares within the budget of every
 * request. Numbers are those of the table.
 * @throws InfeasibleBudgetError with the smallest feasible budget
 */
export async function planKnowing({ window, scenario, solver }: KnownWindow): Promise<WindowPlan> {
  const { available, requests, meanReward, meanCost } = window;
  const { carries, fixedCost, settings } = scenario;
  const of = (values: Float64Array | readonly number[]): Float64Array =>
    Float64Array.from(available, (arm) => values[arm]!);
  const nothing = new Float64Array(available.length);
  const plan = await planWindow(
    {
      rewardUpper: of(meanReward),
      costLower: of(meanCost),
      carries: of(carries),
      fixedCost: of(fixedCost),
      width: nothing,
      least: nothing,
      required: new Uint8Array(available.length),
      live: new Uint8Array(available.length),
      maxLive: settings.maxLive,
      requests,
      budget: settings.budget,
    },
    solver,
  );
  const shares = new Float64Array(meanReward.length);
  for (const [index, arm] of available.entries()) shares[arm] = plan.shares[index]!;
  // Who knows all has nobody live out of curiosity.
  return { ...plan, live: available.filter((arm) => shares[arm]! > 0), shares };
}
