import type { DeployedModel } from '../deployed-model.js';
import type { DeploymentState, WindowRecord } from '../deployment-state.js';
import { advanceLife } from '../lifecycle/advance-life.js';
import type { LifeEvent, ModelLife } from '../lifecycle/model-life.js';
import { swapLives } from '../lifecycle/swap-lives.js';
import { isUnderWay, type Rollout } from '../rollout/rollout.js';

/** Windows, and rollouts that are over, that are remembered. */
const HISTORY = 50;

export const lifeOf = ({ models }: DeploymentState, model: string): ModelLife | undefined =>
  models.find((life) => life.model === model);

/** Loaded and tested, in this window or the one before. */
export function isReady(state: DeploymentState, model: string): boolean {
  const stage = lifeOf(state, model)?.stage;
  return stage === 'live' || stage === 'draining';
}

export const liveIds = ({ models }: DeploymentState): string[] =>
  models.flatMap(({ model, stage }) => (stage === 'live' ? [model] : []));

/** After an event in the life of one model. */
export const withEvent = (state: DeploymentState, model: string, event: LifeEvent, atWallMs: number): DeploymentState =>
  withLife(state, model, (life) => advanceLife(life, event, atWallMs));

/** A live model turns out not to work: it answers until another one is in its place, and is tried again later. */
export const withFailure = (state: DeploymentState, model: string, atWallMs: number): DeploymentState =>
  withLife(state, model, (life) => ({
    ...life,
    sinceWallMs: atWallMs,
    reason: 'start-failed',
    failures: life.failures + 1,
  }));

/** Without what was being started: it is wanted no more, or planned anew. */
export const withoutStarts = (state: DeploymentState): DeploymentState => ({
  ...state,
  models: state.models.map((life): ModelLife =>
    life.stage === 'downloading' || life.stage === 'starting' ? { ...life, stage: 'planned' } : life,
  ),
});

/** With another window in force. */
export function withWindow(
  state: DeploymentState,
  { record, live, atWallMs }: { record: WindowRecord; live: readonly DeployedModel[]; atWallMs: number },
): DeploymentState {
  const models = swapLives({
    lives: state.models,
    live: new Set(live.map(({ id }) => id)),
    reasonOf: (model) => lifeOf(state, model)?.reason ?? 'not-planned',
    atWallMs,
  });
  const history = [...state.history, ...(state.window ? [state.window] : [])].slice(-HISTORY);
  return { ...state, window: record, history, models, rollouts: state.rollouts.slice(-HISTORY) };
}

export const rolloutsUnderWay = ({ rollouts }: DeploymentState): Rollout[] => rollouts.filter(isUnderWay);

function withLife(state: DeploymentState, model: string, change: (life: ModelLife) => ModelLife): DeploymentState {
  const models = state.models.map((life) => (life.model === model ? change(life) : life));
  return { ...state, models };
}
