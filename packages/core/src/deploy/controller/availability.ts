import type { DeployedModel, DeploymentSettings } from '../deployed-model.js';
import type { DeploymentState } from '../deployment-state.js';
import type { ModelLife } from '../lifecycle/model-life.js';

const FIRST_WAIT_MS = 60_000;
const LONGEST_WAIT_MS = 86_400_000;

/** Models that may be live in a window that begins now. */
export function availableModels(
  { models, canary }: Pick<DeploymentSettings, 'models' | 'canary'>,
  { models: lives, window, rollouts }: Pick<DeploymentState, 'models' | 'window' | 'rollouts'>,
  nowWallMs: number,
): DeployedModel[] {
  const byId = new Map(lives.map((life) => [life.model, life]));
  return models.filter(({ id }) => {
    const life = byId.get(id);
    if (life === undefined) return true;
    const waitsForCanary = canary && window !== undefined && isNew(life) && !rollouts.some(({ model }) => model === id);
    return !waitsForCanary && isAvailable(life, nowWallMs);
  });
}

/** It has never been live. */
export const isNew = ({ stage, reason }: ModelLife): boolean => stage === 'planned' && reason === undefined;

function isAvailable({ reason, failures, sinceWallMs }: ModelLife, nowWallMs: number): boolean {
  if (reason === 'removed' || reason === 'rolled-back') return false;
  if (failures === 0) return true;
  const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
  const passedMs = nowWallMs - sinceWallMs;
  // A clock that was set back says nothing of how long it was.
  return passedMs < 0 || passedMs >= waitMs;
}
