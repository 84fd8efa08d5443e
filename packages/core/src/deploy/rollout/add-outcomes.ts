import { InvalidDataError } from '../../errors/invalid-data-error.js';
import { isAlarm } from './alarm.js';
import { addOutcome } from './badness.js';
import type { Rollout, RolloutOutcome, RolloutReward, TestEvidence, Thinning } from './rollout.js';
import { addSample } from './sequential-test.js';

/**
 * Adds outcomes in the order they came in, with the rewards that are known already. A test that has raised an alarm stays
 * as it is, so that it does not matter how often somebody looks. Of a rollout that is over nothing changes.
 * @throws InvalidDataError for numbers that no request has; nothing was added then
 */
export function addOutcomes(rollout: Rollout, outcomes: readonly RolloutOutcome[]): Rollout {
  outcomes.forEach(checkOutcome);
  return outcomes.reduce((before, outcome) => {
    if (isOver(before)) return before;
    const counted = before.pace.labelled || outcome.side === 'old' ? before.outcomes : before.outcomes + 1;
    const after = withTests(before, (test) => addOutcome(test, outcome, before.guard));
    const { side, reward } = outcome;
    const added = { ...after, outcomes: counted };
    return reward ? addReward(added, { side, ...reward }) : added;
  }, rollout);
}

/** Adds rewards that became known after their outcomes were added. @throws InvalidDataError as above */
export function addRewards(rollout: Rollout, rewards: readonly RolloutReward[]): Rollout {
  rewards.forEach(checkReward);
  return rewards.reduce((before, reward) => (isOver(before) ? before : addReward(before, reward)), rollout);
}

/**
 * Of the rewards of a side as many count as their weights say: those with the largest weight all, one with a tenth of it
 * every tenth time. So what counts is a sample of all answers, also where some are looked at more often than others.
 */
function addReward(rollout: Rollout, { side, value, weight }: RolloutReward): Rollout {
  if (!rollout.pace.labelled) return rollout;
  const { counts, thinning } = thin(rollout.thinning[side], weight);
  const kept = { ...rollout, thinning: { ...rollout.thinning, [side]: thinning } };
  if (!counts) return kept;
  const added = withTests(kept, (test) =>
    test.metric === 'reward' ? addSample(test, side, 1 - value, rollout.guard.rewardMargin) : test,
  );
  return side === 'new' ? { ...added, outcomes: added.outcomes + 1 } : added;
}

function thin({ heaviest, saved }: Thinning, weight: number): { counts: boolean; thinning: Thinning } {
  const most = Math.max(heaviest, weight);
  const sum = saved + weight / most;
  return sum >= 1
    ? { counts: true, thinning: { heaviest: most, saved: sum - 1 } }
    : { counts: false, thinning: { heaviest: most, saved: sum } };
}

function withTests(rollout: Rollout, add: (test: TestEvidence) => TestEvidence): Rollout {
  return { ...rollout, evidence: rollout.evidence.map((test) => (isAlarm(test, rollout) ? test : add(test))) };
}

const isOver = ({ state }: Rollout): boolean => state.kind === 'done' || state.kind === 'rolled-back';

function checkOutcome({ side, reward, latencyMs, costUsd }: RolloutOutcome): void {
  if (!isAmount(latencyMs)) throw refuse('latency', latencyMs);
  if (!isAmount(costUsd)) throw refuse('cost', costUsd);
  if (reward) checkReward({ side, ...reward });
}

function checkReward({ value, weight }: RolloutReward): void {
  if (!(value >= 0 && value <= 1)) throw refuse('reward', value);
  if (!(weight > 0 && Number.isFinite(weight))) throw refuse('weight', weight);
}

const isAmount = (value: number): boolean => value >= 0 && Number.isFinite(value);

const refuse = (what: string, value: number): InvalidDataError =>
  new InvalidDataError({
    message: `${value} is no ${what}.`,
    hint: 'Give rewards in [0, 1], weights above 0, and times and costs that are not negative.',
    facts: { what },
  });
