import { InfeasibleBudgetError } from '../../errors/infeasible-budget-error.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import type { MipSolver } from '../../ports/mip-solver.js';
import { planWindow } from './plan-window.js';
import type { WindowPlan, WindowProgram } from './window-program.js';

export interface TrialWindow {
  readonly program: WindowProgram;
  /** Numbers of the arms to try, the most hopeful first; at most as many as there are slots. */
  readonly trials: readonly number[];
  /** Least share of each. */
  readonly share: number;
  readonly solver: MipSolver;
}

export interface TrialPlan {
  readonly plan: WindowPlan;
  /** Those whose trial the budget allows. */
  readonly tried: readonly number[];
}

/**
 * Plans a window in which arms are tried whatever else is best: as many as the budget holds, the most hopeful first. Where
 * something is known of others, an arm that is tried is planned with its trial alone: hoped to be best and free, it would
 * carry everything, and those that will carry it would not be live.
 * @throws InvalidRequestError, InfeasibleBudgetError, EngineError as `planWindow` does without a trial
 */
export async function planWithTrials({ program, trials, share, solver }: TrialWindow): Promise<TrialPlan> {
  const isKnown = program.width.some((width) => Number.isFinite(width));
  const all = await tryFirst(trials.length);
  if (all) return all;
  let most: TrialPlan = { plan: await planWindow(program, solver), tried: [] };
  // Each trial more takes the budget further: the last one that it holds is found by halving.
  let [low, high] = [0, trials.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const plan = await tryFirst(middle);
    if (plan) [most, low] = [plan, middle];
    else high = middle;
  }
  return most;

  async function tryFirst(count: number): Promise<TrialPlan | undefined> {
    const tried = trials.slice(0, count);
    const [required, least, carries] = [program.required.slice(), program.least.slice(), program.carries.slice()];
    for (const arm of tried) {
      required[arm] = 1;
      least[arm] = Math.max(least[arm]!, Math.min(share, program.carries[arm]!));
      if (isKnown) carries[arm] = least[arm]!;
    }
    try {
      return { plan: await planWindow({ ...program, required, least, carries }, solver), tried };
    } catch (error) {
      if (count > 0 && isTooMuch(error)) return undefined;
      throw error;
    }
  }
}

/** Neither the budget nor the arms beside them may hold so many trials. */
const isTooMuch = (error: unknown): boolean =>
  InfeasibleBudgetError.isInstance(error) || InvalidRequestError.isInstance(error);
