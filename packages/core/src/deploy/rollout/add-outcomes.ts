import { InvalidDataError } from '../../errors/invalid-data-error.js';
import { alarmAt } from './alarm.js';
import { MetricTest } from './metric-test.js';
import { isUnderWay, type Rollout, type RolloutOutcome, type RolloutReward, type Thinning } from './rollout.js';

/**
 * Adds outcomes in the order they came in, with the rewards that are known already. A test that has raised an alarm stays
 * as it is, so that it does not matter how often somebody looks. Of a rollout that is over nothing changes.
 * @throws InvalidDataError for numbers that no request has; nothing was added then
 */
export function addOutcomes(rollout: Rollout, outcomes: readonly RolloutOutcome[]): Rollout {
  outcomes.forEach(checkOutcome);
  const sums = new RolloutSums(rollout);
  for (const outcome of outcomes) sums.addOutcome(outcome);
  return sums.added();
}

/** Adds rewards that became known after their outcomes were added. @throws InvalidDataError as above */
export function addRewards(rollout: Rollout, rewards: readonly RolloutReward[]): Rollout {
  rewards.forEach(checkReward);
  const sums = new RolloutSums(rollout);
  for (const reward of rewards) sums.addReward(reward);
  return sums.added();
}

/** A rollout while something is added to it. */
class RolloutSums {
  readonly #rollout: Rollout;
  readonly #tests: readonly MetricTest[];
  readonly #thinning: Record<RolloutReward['side'], Thinning>;
  #outcomes: number;

  constructor(rollout: Rollout) {
    const { evidence, guard, thinning, outcomes } = rollout;
    this.#rollout = rollout;
    this.#tests = evidence.map((test) => new MetricTest(test, guard, alarmAt(test.metric, rollout)));
    this.#thinning = { ...thinning };
    this.#outcomes = outcomes;
  }

  addOutcome(outcome: RolloutOutcome): void {
    const { side, reward } = outcome;
    for (const test of this.#tests) test.addOutcome(outcome);
    if (!this.#rollout.pace.labelled && side === 'new') this.#outcomes++;
    if (reward) this.addReward({ side, ...reward });
  }

  /**
   * Of the rewards of a side as many count as their weights say: those with the largest weight all, one with a tenth of it
   * every tenth time. So what counts is a sample of all answers, also where some are looked at more often than others.
   */
  addReward({ side, value, weight }: RolloutReward): void {
    if (!this.#rollout.pace.labelled) return;
    const heaviest = Math.max(this.#thinning[side].heaviest, weight);
    const saved = this.#thinning[side].saved + weight / heaviest;
    this.#thinning[side] = { heaviest, saved: saved % 1 };
    if (saved < 1) return;
    for (const test of this.#tests) test.addReward(side, value);
    if (side === 'new') this.#outcomes++;
  }

  added(): Rollout {
    if (!isUnderWay(this.#rollout)) return this.#rollout;
    return {
      ...this.#rollout,
      outcomes: this.#outcomes,
      evidence: this.#tests.map((test) => test.evidence()),
      thinning: this.#thinning,
    };
  }
}

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
