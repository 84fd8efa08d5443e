import { InfeasibleBudgetError } from '../../errors/infeasible-budget-error.js';
import type { MipSolver } from '../../ports/mip-solver.js';
import type { LiveArm } from '../route/live-window.js';
import type { NewArm, StageRouteSettings, WindowStart } from '../stage-route.js';
import type { ArmStatistics } from '../statistics/arm-statistics.js';
import { costLower, radius, rewardUpper, type ArmBounds } from '../statistics/fill-bounds.js';
import { planWithTrials, type TrialPlan } from './plan-with-trials.js';
import type { WindowPlan, WindowProgram } from './window-program.js';

export interface Stage {
  readonly start: WindowStart;
  readonly settings: StageRouteSettings;
  readonly arms: readonly NewArm[];
  readonly statistics: ArmStatistics;
  readonly bounds: ArmBounds;
  /** Numbers of the arms of the window before. */
  readonly live: readonly number[];
  /** What a request may cost now, given what was spent. */
  readonly budget: number;
  readonly solver: MipSolver;
}

export interface PlannedStage {
  readonly plan: WindowPlan;
  readonly live: readonly LiveArm[];
}

/**
 * Plans a window of what was seen, with a trial for arms of which no reward was.
 * @throws RangeError for an arm that does not exist
 * @throws InvalidRequestError, InfeasibleBudgetError, EngineError as `planWindow` does
 */
export async function planStage(stage: Stage): Promise<PlannedStage> {
  const { start, settings, solver } = stage;
  const available = withoutRiskOf(stage, availableOf(stage));
  const program = programOf(stage, available);
  const trials = trialsOf(stage, program, available);
  const plan = (budget: number): Promise<TrialPlan> =>
    planWithTrials({ program: { ...program, budget }, trials, share: settings.trialShare, solver });
  let planned: TrialPlan;
  try {
    planned = await plan(Math.min(stage.budget, settings.budget));
  } catch (error) {
    // What was spent too much is saved by whom the requests go to, and does not take the models away that it is saved with.
    if (!InfeasibleBudgetError.isInstance(error) || stage.budget >= settings.budget) throw error;
    planned = await plan(settings.budget);
  }
  const shares = new Float64Array(stage.arms.length);
  for (const [place, arm] of available.entries()) shares[arm] = planned.plan.shares[place]!;
  const live = planned.plan.live.map((place) => {
    const tried = planned.tried.includes(place);
    const least = tried ? Math.min(settings.trialShare, program.carries[place]!) : program.least[place]!;
    const trial = tried ? Math.ceil(least * start.requests) : 0;
    return { arm: available[place]!, least, most: program.carries[place]!, trial };
  });
  return { plan: { ...planned.plan, live: live.map(({ arm }) => arm), shares }, live };
}

/** Numbers of the arms that may be live, ascending. */
function availableOf({ start, arms }: Stage): number[] {
  const numbers = [...new Set(start.available)].toSorted((a, b) => a - b);
  for (const arm of [...numbers, ...start.held.keys()]) {
    if (!(Number.isInteger(arm) && arm >= 0 && arm < arms.length)) throw new RangeError(`there is no arm ${arm}`);
  }
  return numbers.filter((arm) => start.held.get(arm)?.most !== 0);
}

/**
 * Leaves one slot of several to what is known: everything is hoped of arms that are new, and a window of nothing else would
 * be an experiment. The others come in later windows.
 */
function withoutRiskOf(stage: Stage, available: readonly number[]): readonly number[] {
  const { start, settings, arms, statistics, bounds } = stage;
  const { maxLive } = settings;
  const isNew = (arm: number): boolean => statistics.rewards[arm] === 0 && !start.held.has(arm);
  const unknown = available.filter(isNew);
  if (maxLive === 1 || unknown.length < maxLive || unknown.length === available.length) return available;
  const cost = (arm: number): number => costLower(statistics, arm, bounds);
  const isLive = (arm: number): number => Number(stage.live.includes(arm));
  const hopeful = unknown.toSorted((a, b) => isLive(b) - isLive(a) || cost(a) - cost(b) || a - b);
  const later = new Set(hopeful.slice(maxLive - 1));
  const rest = available.filter((arm) => !later.has(arm));
  const carried = rest.map((arm) => Math.min(arms[arm]!.carries, start.held.get(arm)?.most ?? 1));
  const most = carried.toSorted((a, b) => b - a).slice(0, maxLive);
  return most.reduce((sum, share) => sum + share, 0) >= 1 ? rest : available;
}

/** By place among the available arms. */
function programOf({ start, settings, arms, statistics, bounds, live }: Stage, available: readonly number[]) {
  const by = (value: (arm: number) => number): Float64Array => Float64Array.from(available, value);
  return {
    rewardUpper: by((arm) => rewardUpper(statistics, arm, bounds)),
    costLower: by((arm) => costLower(statistics, arm, bounds)),
    carries: by((arm) => Math.min(arms[arm]!.carries, start.held.get(arm)?.most ?? 1)),
    fixedCost: by((arm) => arms[arm]!.fixedCost),
    width: by((arm) => {
      const count = statistics.rewards[arm]!;
      return count === 0 ? Infinity : radius(statistics.meanReward[arm]!, count, bounds.gamma);
    }),
    least: by((arm) => start.held.get(arm)?.least ?? 0),
    required: Uint8Array.from(available, (arm) => Number((start.held.get(arm)?.least ?? 0) > 0)),
    live: Uint8Array.from(available, (arm) => Number(live.includes(arm))),
    maxLive: settings.maxLive,
    requests: start.requests,
    budget: settings.budget,
  } satisfies WindowProgram;
}

/** Places of the arms to try, the cheapest first, as many as there are slots. */
function trialsOf({ start, settings, statistics }: Stage, program: WindowProgram, available: readonly number[]) {
  if (settings.trialShare === 0) return [];
  const { costLower: cost, required, maxLive } = program;
  const unknown = [...available.keys()].filter((place) => statistics.rewards[available[place]!] === 0);
  const trials = unknown.filter((place) => !start.held.has(available[place]!));
  const taken = required.reduce((sum, one) => sum + one, 0);
  return trials.toSorted((a, b) => cost[a]! - cost[b]! || a - b).slice(0, Math.max(0, maxLive - taken));
}
