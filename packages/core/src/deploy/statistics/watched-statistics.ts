import type { ArmStatistics } from './arm-statistics.js';
import { ChangeTest } from './change-test.js';

/**
 * Statistics that forget an arm's rewards when they have changed. What it costs is seen at once, needs no test, and stays: an arm
 * that everything is hoped of is not hoped to be free as well.
 */
export class WatchedStatistics implements ArmStatistics {
  readonly #inner: ArmStatistics;
  readonly #alpha: number;
  readonly #tests: ChangeTest[] = [];
  #begun = 0;

  constructor({ inner, alpha }: { readonly inner: ArmStatistics; readonly alpha: number }) {
    this.#inner = inner;
    this.#alpha = alpha;
  }

  get size(): number {
    return this.#inner.size;
  }

  get meanReward(): Float64Array {
    return this.#inner.meanReward;
  }

  get meanCost(): Float64Array {
    return this.#inner.meanCost;
  }

  get highestCost(): Float64Array {
    return this.#inner.highestCost;
  }

  get rewards(): Float64Array {
    return this.#inner.rewards;
  }

  get costs(): Float64Array {
    return this.#inner.costs;
  }

  addArm(): number {
    this.#tests.push(new ChangeTest(this.#nextAlpha()));
    return this.#inner.addArm();
  }

  /** Each reward is a value of the test, whatever it weighs: how one was drawn has nothing to do with when. */
  reward(arm: number, reward: number, weight: number): void {
    this.#inner.reward(arm, reward, weight);
    if (this.#tests[arm]!.add(reward)) this.resetRewards(arm);
  }

  cost(arm: number, cost: number): void {
    this.#inner.cost(arm, cost);
  }

  resetRewards(arm: number): void {
    this.#inner.resetRewards(arm);
    this.#tests[arm]!.begin(this.#nextAlpha());
  }

  resetCosts(arm: number): void {
    this.#inner.resetCosts(arm);
  }

  /** alpha / (k (k + 1)) for the k-th test that is begun: all that will ever be begun have alpha together. */
  #nextAlpha(): number {
    this.#begun++;
    return this.#alpha / (this.#begun * (this.#begun + 1));
  }
}
