import { addOuter, packedLength, type Packed } from './cholesky.js';

/**
 * All that a model has to remember of an arm's observations, weighted: sums and nothing else, so that a batch and one row after
 * another come to the same, folds are subtracted, and no request is kept.
 */
export class ArmSums {
  weight = 0;
  squaredWeight = 0;
  reward = 0;
  cost = 0;
  readonly features: Float64Array;
  readonly outer: Packed;
  readonly rewardFeatures: Float64Array;
  readonly costFeatures: Float64Array;

  readonly #scratch: Float64Array;

  constructor(features: number) {
    this.#scratch = new Float64Array(features);
    this.features = new Float64Array(features);
    this.rewardFeatures = new Float64Array(features);
    this.costFeatures = new Float64Array(features);
    this.outer = new Float64Array(packedLength(features));
  }

  /** Rows of equal weight that say as much as these. */
  get effectiveRows(): number {
    return this.squaredWeight > 0 ? (this.weight * this.weight) / this.squaredWeight : 0;
  }

  add(given: Float32Array, reward: number, cost: number, weight: number): void {
    const features = this.#scratch;
    features.set(given);
    this.weight += weight;
    this.squaredWeight += weight * weight;
    this.reward += weight * reward;
    this.cost += weight * cost;
    for (let i = 0; i < features.length; i++) {
      const value = weight * features[i]!;
      this.features[i]! += value;
      this.rewardFeatures[i]! += value * reward;
      this.costFeatures[i]! += value * cost;
    }
    addOuter(this.outer, features, weight);
  }

  /** Adds another arm's, or another fold's; with -1 takes them away. */
  merge(other: ArmSums, sign: 1 | -1): void {
    this.weight += sign * other.weight;
    this.squaredWeight += sign * other.squaredWeight;
    this.reward += sign * other.reward;
    this.cost += sign * other.cost;
    for (const [into, from] of [
      [this.features, other.features],
      [this.rewardFeatures, other.rewardFeatures],
      [this.costFeatures, other.costFeatures],
      [this.outer, other.outer],
    ] as const)
      for (let i = 0; i < into.length; i++) into[i]! += sign * from[i]!;
  }

  /** What was seen counts less from now on. @param factor in (0, 1) */
  fade(factor: number): void {
    this.weight *= factor;
    this.squaredWeight *= factor * factor;
    this.reward *= factor;
    this.cost *= factor;
    for (const values of [this.features, this.rewardFeatures, this.costFeatures, this.outer])
      for (let i = 0; i < values.length; i++) values[i]! *= factor;
  }

  /** All of it, one number after the other; `restore` reads it. */
  values(): Float64Array {
    const { weight, squaredWeight, reward, cost, features, rewardFeatures, costFeatures, outer } = this;
    const out = new Float64Array(ArmSums.lengthOf(features.length));
    let at = 0;
    for (const own of [[weight, squaredWeight, reward, cost], features, rewardFeatures, costFeatures, outer]) {
      out.set(own, at);
      at += own.length;
    }
    return out;
  }

  restore(values: Float64Array | Float32Array): void {
    [this.weight, this.squaredWeight, this.reward, this.cost] = values as unknown as [number, number, number, number];
    let at = 4;
    for (const own of [this.features, this.rewardFeatures, this.costFeatures, this.outer]) {
      own.set(values.subarray(at, at + own.length));
      at += own.length;
    }
  }

  static lengthOf(features: number): number {
    return 4 + 3 * features + packedLength(features);
  }
}
