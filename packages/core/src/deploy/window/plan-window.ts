import { InfeasibleBudgetError } from '../../errors/infeasible-budget-error.js';
import type { MipSolver } from '../../ports/mip-solver.js';
import { enoughUsd } from '../enough-usd.js';
import { candidatesOf } from './candidates.js';
import { LiveSets, type LiveSet } from './live-set.js';
import { refused, requireWindow } from './require-window.js';
import { fillSlots, settleTies } from './settle-set.js';
import { windowMip, type WindowAim } from './window-mip.js';
import type { WindowPlan, WindowProgram } from './window-program.js';

/**
 * Decides which arms are live in a window: the optimum of the mixed-integer program of the published method, with fixed
 * costs spread over the window's requests. It only chooses; the plan's shares explain the choice.
 * @throws InvalidRequestError for numbers that make no sense, or arms that cannot carry all requests
 * @throws InfeasibleBudgetError with the smallest feasible budget
 * @throws EngineError when the solver fails
 * @see "Keeping Up with the Models" (arXiv 2506.17254)
 */
export async function planWindow(program: WindowProgram, solver: MipSolver): Promise<WindowPlan> {
  requireWindow(program);
  const sets = new LiveSets(program);
  const best = await solve('best');
  if (!best?.withinBudget) throw infeasible(program, await solve('cheapest'));
  const { live, shares, reward, cost, fixedCost } = fillSlots(program, sets, settleTies(program, sets, best));
  const byArm = new Float64Array(program.rewardUpper.length);
  for (const [i, arm] of live.entries()) byArm[arm] = shares[i]!;
  return { live, shares: byArm, expectedReward: reward, expectedCost: cost, fixedCost };

  async function solve(aim: WindowAim): Promise<LiveSet | undefined> {
    if (mayAllBeLive(program)) return sets.of([...program.live.keys()]);
    const candidates = candidatesOf(program);
    const solution = await solver.solve(windowMip(program, candidates, aim));
    if (solution.kind === 'infeasible') return undefined;
    // A switch that is on without a share, which costs nothing, is no choice.
    return sets.of(candidates.filter((arm, i) => solution.values[i]! > NOTHING || program.required[arm] === 1));
  }
}

/** Then there is nothing to choose, and a deployment of a few models never loads a solver. */
function mayAllBeLive({ fixedCost, least, required, maxLive }: WindowProgram): boolean {
  return (
    fixedCost.length <= maxLive &&
    fixedCost.every((cost, arm) => cost === 0 && (least[arm] === 0 || required[arm] === 1))
  );
}

/** Shares below a solver's tolerance. */
const NOTHING = 1e-8;

function infeasible(program: WindowProgram, cheapest: LiveSet | undefined): Error {
  const { budget, maxLive, rewardUpper } = program;
  if (!cheapest)
    return refused('no models carry all requests as they have to', 'Lower the shares that are held or tried.');
  const smallestFeasible = cheapest.cost;
  return new InfeasibleBudgetError({
    message: `The budget of ${enoughUsd(budget)} a request is too small: no models that could be live cost less than ${enoughUsd(smallestFeasible)}.`,
    hint: `Give at least ${enoughUsd(smallestFeasible)} a request, or add a cheaper model.`,
    facts: { budgetPerRequest: budget, smallestFeasible, models: rewardUpper.length, maxLive },
  });
}
