import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { UnknownDeploymentError } from '../../errors/unknown-deployment-error.js';
import type { DeploymentState, DeploymentWish } from '../deployment-state.js';
import { leaveRollout, steerRollout } from '../rollout/advance-rollout.js';
import { isUnderWay, type Rollout } from '../rollout/rollout.js';
import { startRollout } from '../rollout/start-rollout.js';

/**
 * The state once a wish is granted. Whatever changes who may be live or who has which share takes effect with the next
 * window, which begins at once.
 * @throws UnknownDeploymentError, InvalidRequestError when it cannot be
 */
export function takeWish(state: DeploymentState, wish: DeploymentWish, nowWallMs: number): DeploymentState {
  switch (wish.kind) {
    case 'next-window':
      return state;
    case 'retire': {
      requireModel(state, wish.model);
      const rollouts = state.rollouts.map((each) => leaveRollout(each, (model) => model !== wish.model, nowWallMs));
      return withReason({ ...state, rollouts }, wish.model, 'removed');
    }
    case 'roll-out':
      return withStart(state, wish, nowWallMs);
    case 'pause':
    case 'resume':
    case 'roll-back': {
      const rollout = state.rollouts.find(({ id }) => id === wish.rollout);
      if (!rollout) throw unknown('rollout', wish.rollout);
      // What is over is so, whatever became of its model since.
      return isUnderWay(rollout) ? withRollout(state, steerRollout(rollout, wish.kind, nowWallMs)) : state;
    }
    case 'pilot':
      if (wish.plan && state.pilot) {
        throw refuse(`The pilot ${state.pilot.name} is under way.`, 'End it first: `terrace pilot end`.');
      }
      return { ...state, pilot: wish.plan };
    default:
      return wish satisfies never;
  }
}

/** One at a time: two could have more than all requests promised to their models. One of the same model is begun anew. */
function withStart(
  state: DeploymentState,
  { kind: _, ...asked }: Extract<DeploymentWish, { kind: 'roll-out' }>,
  nowWallMs: number,
): DeploymentState {
  const { model, instead } = asked;
  for (const each of [model, instead]) requireModel(state, each);
  const other = state.rollouts.find((each) => isUnderWay(each) && each.model !== model);
  if (other) {
    throw refuse(
      `The rollout ${other.id} is under way.`,
      `Let it end, or take it back first: \`terrace deploy rollout back ${other.id}\`.`,
    );
  }
  const { reason } = state.models.find((life) => life.model === instead)!;
  if (reason === 'removed' || reason === 'rolled-back') {
    throw refuse(`${instead} is out (${reason}): nothing can be compared with it.`, 'Name a model that answers.');
  }
  const others = state.rollouts.map((each) =>
    each.model === model ? steerRollout(each, 'roll-back', nowWallMs) : each,
  );
  const rollout = startRollout({ ...asked, id: nextRolloutId(others, model), atWallMs: nowWallMs });
  return { ...withReason(state, model, undefined), rollouts: [...others, rollout] };
}

/** `small-1`, `small-2`, ... Those of long ago are forgotten, their numbers are not given again. */
export function nextRolloutId(rollouts: readonly Rollout[], model: string): string {
  const numbers = rollouts.flatMap((each) => (each.model === model ? [Number(each.id.slice(model.length + 1))] : []));
  return `${model}-${Math.max(0, ...numbers) + 1}`;
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

const refuse = (message: string, hint: string): InvalidRequestError => new InvalidRequestError({ message, hint });

const unknown = (what: 'model' | 'rollout', id: string): UnknownDeploymentError =>
  new UnknownDeploymentError({
    message: `The deployment has no ${what} "${id}".`,
    hint: '`terrace deploy status` names those there are.',
    facts: { [what]: id },
  });
