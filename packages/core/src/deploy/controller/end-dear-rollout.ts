import type { DeploymentState } from '../deployment-state.js';

/**
 * The state in which a rollout is done whose next share is more than the budget pays for: the model was no worse at the share
 * before, and the budget keeps it from ever having this one. The state itself where there is none.
 */
export function endDearRollout(state: DeploymentState): DeploymentState {
  if (!state.rollouts.some(isOnItsWay)) return state;
  const rollouts = state.rollouts.map((each) =>
    isOnItsWay(each) ? { ...each, state: { kind: 'done' } as const } : each,
  );
  return { ...state, rollouts };
}

const isOnItsWay = ({ step, state }: DeploymentState['rollouts'][number]): boolean =>
  step > 0 && state.kind === 'running';
