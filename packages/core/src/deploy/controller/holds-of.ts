import type { DeploymentState } from '../deployment-state.js';
import { holdOf, type Hold } from '../rollout/hold.js';
import { isUnderWay } from '../rollout/rollout.js';
import type { Arms } from './arms.js';

/** Shares that are not the program's to decide: of rollouts under way, and of the control group of a pilot. */
export function holdsOf(
  { rollouts, pilot }: Pick<DeploymentState, 'rollouts' | 'pilot'>,
  arms: Arms,
): ReadonlyMap<number, Hold> {
  const holds = new Map<number, Hold>();
  const hold = (model: string, { least, most }: Hold): void => {
    const arm = arms.numberOf(model);
    if (arm === undefined || holds.has(arm)) return;
    // Nobody has more than it can carry.
    const { carries } = arms.models[arm]!;
    holds.set(arm, { least: Math.min(least, carries), most: Math.min(most, carries) });
  };
  for (const rollout of rollouts) {
    if (!isUnderWay(rollout)) continue;
    const { least, most } = holdOf(rollout);
    hold(rollout.model, { least, most });
    // What it is compared with has to be there, and to be asked about as often.
    hold(rollout.instead, { least: Math.min(least, 1 - least), most: 1 });
  }
  if (pilot?.baseline.kind === 'control') {
    const { model, share } = pilot.baseline;
    hold(model, { least: share, most: share });
  }
  return holds;
}
