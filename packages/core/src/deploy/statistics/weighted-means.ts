/** Means of weighted values by arm, and how many values of weight 1 they are worth. */
export interface WeightedMeans {
  addArm(): void;
  add(arm: number, value: number, weight: number): void;
  reset(arm: number): void;
  /** By arm; 0 where nothing was seen. The same arrays until `addArm`. */
  readonly mean: Float64Array;
  /** (sum of weights)^2 / sum of squared weights. */
  readonly count: Float64Array;
}

/** The same numbers, and a 0 more. */
export function withRoom(numbers: Float64Array): Float64Array {
  const longer = new Float64Array(numbers.length + 1);
  longer.set(numbers);
  return longer;
}
