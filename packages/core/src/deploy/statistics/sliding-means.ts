import { withRoom, type WeightedMeans } from './weighted-means.js';

/**
 * The latest values of an arm, in rounds of as many as count. What came in this round is summed as it comes, and written
 * over what goes; of the round before, each place holds the sum from there on. So nothing is ever subtracted: what rounding
 * would leave of a large weight that has gone does not stay.
 */
class Ring {
  readonly #values: Float64Array;
  readonly #weights: Float64Array;
  readonly #squares: Float64Array;
  #next = 0;
  #value = 0;
  #weight = 0;
  #square = 0;

  constructor(samples: number) {
    // A place more than samples: from there on there is nothing.
    this.#values = new Float64Array(samples + 1);
    this.#weights = new Float64Array(samples + 1);
    this.#squares = new Float64Array(samples + 1);
  }

  add(value: number, weight: number): void {
    const place = this.#next++;
    this.#value += this.#values[place] = weight * value;
    this.#weight += this.#weights[place] = weight;
    this.#square += this.#squares[place] = weight * weight;
    if (this.#next === this.#values.length - 1) this.#beginRound();
  }

  get mean(): number {
    return (this.#value + this.#values[this.#next]!) / (this.#weight + this.#weights[this.#next]!);
  }

  get count(): number {
    const weight = this.#weight + this.#weights[this.#next]!;
    return (weight * weight) / (this.#square + this.#squares[this.#next]!);
  }

  clear(): void {
    this.#values.fill(0);
    this.#weights.fill(0);
    this.#squares.fill(0);
    this.#next = this.#value = this.#weight = this.#square = 0;
  }

  #beginRound(): void {
    for (let place = this.#values.length - 2; place > 0; place--) {
      this.#values[place - 1]! += this.#values[place]!;
      this.#weights[place - 1]! += this.#weights[place]!;
      this.#squares[place - 1]! += this.#squares[place]!;
    }
    this.#next = this.#value = this.#weight = this.#square = 0;
  }
}

/** The latest values of each arm count, and no other. */
export class SlidingMeans implements WeightedMeans {
  mean: Float64Array = new Float64Array(0);
  count: Float64Array = new Float64Array(0);
  readonly #rings: Ring[] = [];
  readonly #samples: number;

  /** @param samples a whole number, at least 1 */
  constructor(samples: number) {
    this.#samples = samples;
  }

  addArm(): void {
    this.mean = withRoom(this.mean);
    this.count = withRoom(this.count);
    this.#rings.push(new Ring(this.#samples));
  }

  add(arm: number, value: number, weight: number): void {
    const ring = this.#rings[arm]!;
    ring.add(value, weight);
    this.mean[arm] = ring.mean;
    this.count[arm] = ring.count;
  }

  reset(arm: number): void {
    this.#rings[arm]!.clear();
    this.mean[arm] = this.count[arm] = 0;
  }
}
