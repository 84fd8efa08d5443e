/** A parameter with a gradient of its own length. */
export interface Slope {
  readonly values: Float32Array;
  readonly gradient: Float32Array;
  readonly learningRate: number;
}

const [BETA_1, BETA_2, EPSILON] = [0.9, 0.999, 1e-8];

/** Longest that the gradient of all parameters together may be. */
const MAX_NORM = 1;

/** @see Kingma and Ba, Adam: a method for stochastic optimization (2015) */
export class Adam {
  readonly #moments = new Map<Float32Array, readonly [first: Float32Array, second: Float32Array]>();
  #steps = 0;

  /** Changes the values in place. The same parameters, by the same arrays, come at every step. */
  step(slopes: readonly Slope[]): void {
    this.#steps++;
    const squares = slopes.reduce((sum, { gradient }) => sum + squaresOf(gradient), 0);
    const shrink = Math.min(1, MAX_NORM / Math.sqrt(squares));
    const [bias1, bias2] = [1 - BETA_1 ** this.#steps, 1 - BETA_2 ** this.#steps];
    for (const { values, gradient, learningRate } of slopes) {
      const [first, second] = this.#momentsOf(values);
      for (let i = 0; i < values.length; i++) {
        const slope = gradient[i]! * shrink;
        const mean = BETA_1 * first[i]! + (1 - BETA_1) * slope;
        const square = BETA_2 * second[i]! + (1 - BETA_2) * slope * slope;
        first[i] = mean;
        second[i] = square;
        values[i] = values[i]! - (learningRate * mean) / bias1 / (Math.sqrt(square / bias2) + EPSILON);
      }
    }
  }

  #momentsOf(values: Float32Array): readonly [Float32Array, Float32Array] {
    const known = this.#moments.get(values);
    if (known) return known;
    const fresh = [new Float32Array(values.length), new Float32Array(values.length)] as const;
    this.#moments.set(values, fresh);
    return fresh;
  }
}

function squaresOf(values: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]! ** 2;
  return sum;
}
