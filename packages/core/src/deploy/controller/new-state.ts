import type { DeploymentSettings } from '../deployed-model.js';
import type { DeploymentState } from '../deployment-state.js';
import { newLife } from '../lifecycle/advance-life.js';
import type { ModelLife } from '../lifecycle/model-life.js';
import { leaveRollout } from '../rollout/advance-rollout.js';
import { settingsId } from './settings-id.js';

const newState = (settings: DeploymentSettings): DeploymentState => ({
  format: 1,
  settingsId: settingsId(settings),
  window: undefined,
  history: [],
  models: [],
  rollouts: [],
  pilot: undefined,
  wishes: [],
});

/**
 * The state under the settings as they are now: models that are new are planned, those that are gone have to go, with the
 * rollouts they were in, and one that was removed and is back begins anew.
 */
export function underSettings(
  state: DeploymentState,
  settings: DeploymentSettings,
  nowWallMs: number,
): DeploymentState {
  const id = settingsId(settings);
  const isConfigured = (model: string): boolean => settings.models.some((each) => each.id === model);
  const known = new Set(state.models.map(({ model }) => model));
  const kept = state.models.map((life): ModelLife => {
    if (!isConfigured(life.model)) return { ...life, reason: 'removed' };
    const isBack = life.reason === 'removed' && id !== state.settingsId;
    return isBack ? { ...life, reason: undefined, failures: 0 } : life;
  });
  const added = settings.models.filter((each) => !known.has(each.id)).map((each) => newLife(each.id, nowWallMs));
  // Of what is gone for good nothing is left to say.
  const models = [...kept, ...added].filter(({ model, stage }) => isConfigured(model) || stage !== 'retired');
  const rollouts = state.rollouts
    .filter((rollout) => models.some(({ model }) => model === rollout.model))
    .map((rollout) => leaveRollout(rollout, isConfigured, nowWallMs));
  return { ...state, settingsId: id, models, rollouts };
}

/** What was kept, if anything, under the settings as they are now. */
export const asConfigured = (
  found: DeploymentState | undefined,
  settings: DeploymentSettings,
  nowWallMs: number,
): DeploymentState => underSettings(found ?? newState(settings), settings, nowWallMs);

/**
 * The state as a process finds it that begins: what was being started has to be started again, and what was drained has
 * ended with the process before.
 */
export function afterRestart(state: DeploymentState, nowWallMs: number): DeploymentState {
  const models = state.models.map((life): ModelLife => {
    switch (life.stage) {
      case 'downloading':
      case 'starting':
        return { ...life, stage: 'planned', sinceWallMs: nowWallMs };
      case 'draining':
        return { ...life, stage: 'retired', sinceWallMs: nowWallMs };
      case 'planned':
      case 'live':
      case 'retired':
        return life;
      default:
        return life.stage satisfies never;
    }
  });
  return { ...state, models };
}
