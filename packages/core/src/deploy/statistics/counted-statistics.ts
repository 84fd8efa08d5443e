import type { ArmStatistics } from './arm-statistics.js';
import { withRoom, type WeightedMeans } from './weighted-means.js';

/** No reward weighs more and no request costs more; what does is a mistake, and would drown everything else. */
const ABSURD = 1e9;

/** Rewards and costs of each arm, as means of one kind. */
export class CountedStatistics implements ArmStatistics {
  readonly #rewards: WeightedMeans;
  readonly #costs: WeightedMeans;
  highestCost: Float64Array = new Float64Array(0);

  constructor({ rewards, costs }: { readonly rewards: WeightedMeans; readonly costs: WeightedMeans }) {
    this.#rewards = rewards;
    this.#costs = costs;
  }

  get size(): number {
    return this.highestCost.length;
  }

  get meanReward(): Float64Array {
    return this.#rewards.mean;
  }

  get meanCost(): Float64Array {
    return this.#costs.mean;
  }

  get rewards(): Float64Array {
    return this.#rewards.count;
  }

  get costs(): Float64Array {
    return this.#costs.count;
  }

  addArm(): number {
    this.#rewards.addArm();
    this.#costs.addArm();
    this.highestCost = withRoom(this.highestCost);
    return this.size - 1;
  }

  reward(arm: number, reward: number, weight: number): void {
    this.#requireArm(arm);
    if (!(reward >= 0 && reward <= 1)) throw new RangeError(`a reward is from 0 to 1, not ${reward}`);
    if (!(weight > 0 && weight <= ABSURD)) throw new RangeError(`a weight is over 0, up to ${ABSURD}, not ${weight}`);
    this.#rewards.add(arm, reward, weight);
  }

  cost(arm: number, cost: number): void {
    this.#requireArm(arm);
    if (!(cost >= 0 && cost <= ABSURD)) throw new RangeError(`a cost is from 0 to ${ABSURD}, not ${cost}`);
    this.#costs.add(arm, cost, 1);
    if (cost > this.highestCost[arm]!) this.highestCost[arm] = cost;
  }

  resetRewards(arm: number): void {
    this.#requireArm(arm);
    this.#rewards.reset(arm);
  }

  resetCosts(arm: number): void {
    this.#requireArm(arm);
    this.#costs.reset(arm);
    this.highestCost[arm] = 0;
  }

  #requireArm(arm: number): void {
    if (!(Number.isInteger(arm) && arm >= 0 && arm < this.size)) throw new RangeError(`there is no arm ${arm}`);
  }
}
