import { isAlarm } from './alarm.js';
import { isUnderWay, ROLLOUT_SHARES, type Rollout, type TestEvidence } from './rollout.js';
import { excessOf } from './sequential-test.js';

/** Evidence of a regression above which a step waits for more: twice what it began with. */
const SUSPICION = 2;

/**
 * Where a rollout stands after what was added: taken back at an alarm, one step further when this one has seen enough and
 * nothing speaks against it, and as it is otherwise. Without labels it never gets further where labels are asked for. One
 * that is paused is still taken back.
 */
export function advanceRollout(rollout: Rollout, atWallMs: number): Rollout {
  const { state } = rollout;
  if (!isUnderWay(rollout)) return rollout;
  const alarm = rollout.evidence.find((test) => isAlarm(test, rollout));
  if (alarm) return { ...rollout, state: { kind: 'rolled-back', by: alarm.metric, atWallMs } };
  if (state.kind === 'paused' || !hasPassed(rollout)) return rollout;
  const step = rollout.step + 1;
  const unseen = { heaviest: 0, saved: 0 };
  return {
    ...rollout,
    step,
    sinceWallMs: atWallMs,
    outcomes: 0,
    // Answers are looked at with other probabilities from here on.
    thinning: { new: unseen, old: unseen },
    state: step === ROLLOUT_SHARES.length - 1 ? { kind: 'done' } : state,
  };
}

function hasPassed({ step, outcomes, pace, evidence, guard }: Rollout): boolean {
  const isHarmless = (test: TestEvidence): boolean => {
    // Of a rare error one or two would look like a regression: there the evidence decides alone.
    const looksWorse = test.metric === 'reward' && (excessOf(test) ?? Infinity) > 2 * guard.rewardMargin;
    return test.wealth < SUSPICION && !looksWorse;
  };
  return outcomes >= (pace.outcomes[step] ?? Infinity) && evidence.every(isHarmless);
}

/** What a person may do to a rollout. One that is over stays as it is. */
export function steerRollout(rollout: Rollout, what: 'pause' | 'resume' | 'roll-back', atWallMs: number): Rollout {
  if (!isUnderWay(rollout)) return rollout;
  switch (what) {
    case 'pause':
      return { ...rollout, state: { kind: 'paused' } };
    case 'resume':
      return { ...rollout, state: { kind: 'running' } };
    case 'roll-back':
      return { ...rollout, state: { kind: 'rolled-back', by: 'person', atWallMs } };
    default:
      return what satisfies never;
  }
}

/**
 * A rollout after models were taken out of the deployment: with the new one it is taken back. Without the old one there is
 * nothing left to compare the new one with, which is then a model like any other.
 */
export function leaveRollout(rollout: Rollout, isThere: (model: string) => boolean, atWallMs: number): Rollout {
  if (!isThere(rollout.model)) return steerRollout(rollout, 'roll-back', atWallMs);
  return isThere(rollout.instead) || !isUnderWay(rollout) ? rollout : { ...rollout, state: { kind: 'done' } };
}

/** What a rollout waits for. */
export interface RolloutWait {
  /** Outcomes of the new model that this step still needs. */
  readonly outcomes: number;
  /** It has taken longer than its patience. A clock that jumped back has let no time pass. */
  readonly isOverdue: boolean;
}

export function waitOf({ step, outcomes, pace, sinceWallMs }: Rollout, atWallMs: number): RolloutWait {
  return {
    outcomes: Math.max(0, (pace.outcomes[step] ?? 0) - outcomes),
    isOverdue: Math.max(0, atWallMs - sinceWallMs) > pace.patienceMs,
  };
}
