import type { DeploymentSettings } from '../deployed-model.js';
import type { DeploymentState } from '../deployment-state.js';
import { hasRewards } from '../rewards/rewards-of.js';
import { DEFAULT_PACE, startRollout } from '../rollout/start-rollout.js';
import { isNew } from './availability.js';

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
  const goesOn = rollouts.some(({ state: { kind } }) => kind === 'running' || kind === 'paused');
  if (!settings.canary || !window || goesOn) return state;
  const isLive = new Set(models.flatMap(({ model, stage }) => (stage === 'live' ? [model] : [])));
  const entering = models.find((life) => isNew(life) && !rollouts.some(({ model }) => model === life.model));
  const [instead] = Object.entries(window.live)
    .filter(([id]) => isLive.has(id))
    .toSorted(([, a], [, b]) => b - a);
  if (!entering || !instead) return state;
  const { model } = entering;
  const pace = { ...DEFAULT_PACE, labelled: hasRewards(settings) };
  const rollout = startRollout({
    id: `${model}-1`,
    model,
    instead: instead[0],
    unit: 'request',
    pace,
    atWallMs: nowWallMs,
  });
  return { ...state, rollouts: [...rollouts, rollout] };
}
