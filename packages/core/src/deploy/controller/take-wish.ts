import { UnknownDeploymentError } from '../../errors/unknown-deployment-error.js';
import type { DeploymentState, DeploymentWish } from '../deployment-state.js';
import { steerRollout } from '../rollout/advance-rollout.js';
import type { Rollout } from '../rollout/rollout.js';
import { DEFAULT_PACE, startRollout } from '../rollout/start-rollout.js';

/**
 * The state once a wish is granted. Whatever changes who may be live or who has which share takes effect with the next
 * window, which begins at once.
 * @throws UnknownDeploymentError, InvalidRequestError when it cannot be
 */
export function takeWish(
  state: DeploymentState,
  wish: DeploymentWish,
  {
    nowWallMs,
    labelled,
  }: { readonly nowWallMs: number; /** Whether anybody says what answers are worth. */ readonly labelled: boolean },
): DeploymentState {
  switch (wish.kind) {
    case 'next-window':
      return state;
    case 'retire':
      requireModel(state, wish.model);
      return withReason(state, wish.model, 'removed');
    case 'roll-out': {
      const { kind: _, ...asked } = wish;
      for (const model of [asked.model, asked.instead]) requireModel(state, model);
      const open = withReason(state, asked.model, undefined);
      const id = `${asked.model}-${state.rollouts.filter(({ model }) => model === asked.model).length + 1}`;
      const others = state.rollouts.map((each) =>
        each.model === asked.model ? steerRollout(each, 'roll-back', nowWallMs) : each,
      );
      return {
        ...open,
        rollouts: [...others, startRollout({ pace: { ...DEFAULT_PACE, labelled }, ...asked, id, atWallMs: nowWallMs })],
      };
    }
    case 'pause':
    case 'resume':
    case 'roll-back': {
      const rollout = state.rollouts.find(({ id }) => id === wish.rollout);
      if (!rollout) throw unknown('rollout', wish.rollout);
      return withRollout(state, steerRollout(rollout, wish.kind, nowWallMs));
    }
    case 'pilot':
      return { ...state, pilot: wish.plan };
    default:
      return wish satisfies never;
  }
}

/** The state with a rollout as it is now; a model that was taken back is out until somebody asks for it again. */
export function withRollout(state: DeploymentState, rollout: Rollout): DeploymentState {
  const rollouts = state.rollouts.map((each) => (each.id === rollout.id ? rollout : each));
  const changed = { ...state, rollouts };
  return rollout.state.kind === 'rolled-back' ? withReason(changed, rollout.model, 'rolled-back') : changed;
}

function withReason(state: DeploymentState, model: string, reason: string | undefined): DeploymentState {
  const models = state.models.map((life) => (life.model === model ? { ...life, reason } : life));
  return { ...state, models };
}

function requireModel({ models }: DeploymentState, model: string): void {
  if (!models.some((life) => life.model === model)) throw unknown('model', model);
}

const unknown = (what: 'model' | 'rollout', id: string): UnknownDeploymentError =>
  new UnknownDeploymentError({
    message: `The deployment has no ${what} "${id}".`,
    hint: '`terrace deploy status` names those there are.',
    facts: { [what]: id },
  });
