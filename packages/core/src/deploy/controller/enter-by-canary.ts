import type { DeploymentSettings } from '../deployed-model.js';
import type { DeploymentState } from '../deployment-state.js';
import { hasRewards } from '../rewards/rewards-of.js';
import { isUnderWay } from '../rollout/rollout.js';
import { DEFAULT_GUARD, DEFAULT_PACE, startRollout } from '../rollout/start-rollout.js';
import { isNew } from './availability.js';
import { nextRolloutId } from './take-wish.js';

/** A window pays for what is dearer or slower where it is worth it: a canary tells whether it is as good as it seems. */
const GUARD = { ...DEFAULT_GUARD, latencyMargin: undefined, costMargin: undefined };

/**
 * The state with a rollout of the first model that was never live, in place of the one that most requests go to: one at a
 * time. The state itself where there is none, or where new models enter by their trial share.
 */
export function enterByCanary(
  state: DeploymentState,
  settings: DeploymentSettings,
  nowWallMs: number,
): DeploymentState {
  const { window, rollouts, models } = state;
  if (!settings.canary || !window || rollouts.some(isUnderWay)) return state;
  const isLive = new Set(models.flatMap(({ model, stage }) => (stage === 'live' ? [model] : [])));
  const entering = models.find((life) => isNew(life) && !rollouts.some(({ model }) => model === life.model));
  const [instead] = Object.entries(window.live)
    .filter(([id]) => isLive.has(id))
    .toSorted(([, a], [, b]) => b - a);
  if (!entering || !instead) return state;
  const { model } = entering;
  const pace = { ...DEFAULT_PACE, labelled: hasRewards(settings) };
  const rollout = startRollout({
    id: nextRolloutId(rollouts, model),
    model,
    instead: instead[0],
    unit: 'request',
    guard: GUARD,
    pace,
    atWallMs: nowWallMs,
  });
  return { ...state, rollouts: [...rollouts, rollout] };
}
