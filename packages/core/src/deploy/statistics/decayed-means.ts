import { withRoom, type WeightedMeans } from './weighted-means.js';

/** A value counts the less, the more of the same arm came after it. */
export class DecayedMeans implements WeightedMeans {
  mean: Float64Array = new Float64Array(0);
  count: Float64Array = new Float64Array(0);
  #values: Float64Array = new Float64Array(0);
  #weights: Float64Array = new Float64Array(0);
  #squares: Float64Array = new Float64Array(0);
  readonly #factor: number;

  /** @param factor what a value counts after the next one, in (0, 1]; 1 keeps everything */
  constructor(factor: number) {
    this.#factor = factor;
  }

  addArm(): void {
    this.mean = withRoom(this.mean);
    this.count = withRoom(this.count);
    this.#values = withRoom(this.#values);
    this.#weights = withRoom(this.#weights);
    this.#squares = withRoom(this.#squares);
  }

  add(arm: number, value: number, weight: number): void {
    const factor = this.#factor;
    const values = (this.#values[arm] = this.#values[arm]! * factor + weight * value);
    const weights = (this.#weights[arm] = this.#weights[arm]! * factor + weight);
    const squares = (this.#squares[arm] = this.#squares[arm]! * factor * factor + weight * weight);
    this.mean[arm] = values / weights;
    this.count[arm] = (weights * weights) / squares;
  }

  reset(arm: number): void {
    this.#values[arm] = this.#weights[arm] = this.#squares[arm] = 0;
    this.mean[arm] = this.count[arm] = 0;
  }
}
