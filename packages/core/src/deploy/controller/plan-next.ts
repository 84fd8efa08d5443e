import { UnknownDeploymentError } from '../../errors/unknown-deployment-error.js';
import type { DeployedModel, DeploymentSettings } from '../deployed-model.js';
import type { DeploymentState, WindowRecord } from '../deployment-state.js';
import type { StageRoute } from '../stage-route.js';
import type { Arms } from './arms.js';
import { availableModels } from './availability.js';
import type { PlanningPorts } from './controller-ports.js';
import { holdsOf } from './holds-of.js';

/** A window, and what decides in it. */
export interface PlannedWindow {
  readonly record: WindowRecord;
  readonly live: readonly DeployedModel[];
  readonly stageRoute: StageRoute;
  /** That its budget is paced for. */
  readonly requests: number;
}

export interface NextWindow extends Pick<PlanningPorts, 'openWindow' | 'routing'> {
  readonly settings: DeploymentSettings;
  readonly state: DeploymentState;
  readonly arms: Arms;
  /** That it is expected to have. */
  readonly requests: number;
  readonly nowWallMs: number;
  /** Models it is to be made of; all that are available without it. */
  readonly among?: readonly string[] | undefined;
  /** Whether what being live costs is paid already, as the window goes on. */
  readonly isPaid?: boolean;
}

/**
 * What the next window would be. Nothing changes by it.
 * @throws InfeasibleBudgetError; UnknownDeploymentError when no model may be live
 */
export async function planNext(next: NextWindow): Promise<PlannedWindow> {
  const { settings, state, arms, requests, nowWallMs, among } = next;
  const { budgetUsd, windowMs } = settings;
  const may = availableModels(settings, state, nowWallMs).filter(({ id }) => among?.includes(id) ?? true);
  if (may.length === 0) throw noneLeft(settings);
  const stageRoute = openWindow(next);
  const held = holdsOf(state, arms);
  const available = may.map(({ id }) => arms.numberOf(id)!);
  const plan = await stageRoute.startWindow({ available, requests, held });
  const live = plan.live.map((arm) => arms.models[arm]!);
  const fixedUsd = live.reduce((sum, model) => sum + fixedUsdOf(model, next), 0);
  const record: WindowRecord = {
    id: nextId(state),
    fromWallMs: nowWallMs,
    toWallMs: nowWallMs + windowMs,
    live: Object.fromEntries(plan.live.map((arm) => [arms.models[arm]!.id, plan.shares[arm]!])),
    expectedReward: plan.expectedReward,
    expectedCostUsd: plan.expectedCost,
    budgetUsd,
    fixedUsd,
  };
  return { record, live, stageRoute, requests };
}

function openWindow(next: NextWindow): StageRoute {
  const { settings, arms, requests, openWindow: open } = next;
  const { maxLive, budgetUsd: budget, canary } = settings;
  // A canary is the trial of a new model.
  const trialShare = canary ? 0 : next.routing.trialShare;
  const routing = { ...next.routing, trialShare };
  const stageRoute = open({ ...routing, maxLive, budget, horizon: requests }, arms.statistics);
  for (const model of arms.models) {
    const { carries, expectedCostUsd: expectedCost } = model;
    stageRoute.addArm({ expectedCost, carries, fixedCost: fixedUsdOf(model, next) });
  }
  return stageRoute;
}

/**
 * What was there in the window before is not fetched anew. What each window costs is charged to one that begins early as
 * well, since it lasts as long as any other; the one before has then saved for only as much of it as its requests had.
 */
function fixedUsdOf({ id, fixedCost }: DeployedModel, { state, isPaid }: NextWindow): number {
  const isThere = state.models.some(({ model, stage }) => model === id && (stage === 'live' || stage === 'draining'));
  return (isThere ? 0 : fixedCost.onceUsd) + (isPaid === true ? 0 : fixedCost.eachWindowUsd);
}

/** `w1`, `w2`, ... */
const nextId = ({ window, history }: DeploymentState): string =>
  `w${Number((window ?? history.at(-1))?.id.slice(1) ?? 0) + 1}`;

const noneLeft = ({ models }: DeploymentSettings): UnknownDeploymentError =>
  new UnknownDeploymentError({
    message: `None of ${models.length} models may be live now.`,
    hint: '`terrace deploy status` says why each of them is left out; `terrace deploy add` brings another one.',
    facts: { models: models.length },
  });
