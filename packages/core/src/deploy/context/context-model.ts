/**
 * What a request's features say of its reward and cost on each arm, beyond what the arm is like on average. Averages are the
 * business of `StageRoute`: they have bounds, forget, and are there for arms that nobody has asked yet.
 */
export interface ContextModel {
  readonly features: number;
  readonly arms: number;
  /**
   * Fills by arm: `shifts`, what is to be added to the arm's mean reward, and `factors`, what its mean cost is to be
   * multiplied with. Of an arm of which too little is known they are 0 and 1. Allocates nothing.
   * @param features [features]; where they are not finite, nothing is known
   */
  predict(features: Float32Array, shifts: Float64Array, factors: Float64Array): void;
  /**
   * One more observation, taken with this probability.
   * @throws RangeError for numbers that are none
   */
  learn(observation: LoggedChoice): void;
  /** A model of an arm that is new; its number is the next one. */
  addArm(id: string): number;
  /** As it is kept; `readContextModel` makes it again, and it goes on learning where this one stopped. */
  weights(embedding: string): ContextWeights;
}

/** How strongly weights are held to 0, in rows: as if so many rows without any signal had been seen. */
export interface Strengths {
  /** Of what all arms share: some requests are hard for everybody, or dear. */
  readonly common: number;
  /** Of what an arm has for itself, by which arms are told apart. */
  readonly own: number;
}

/** One row of a log. */
export interface LoggedChoice {
  /** Of one request it is one and the same array: folds never tear a request apart. */
  readonly features: Float32Array;
  readonly arm: number;
  /** In [0, 1]. */
  readonly reward: number;
  /** In US dollars, not negative. */
  readonly cost: number;
  /** P(this arm was chosen for this request), in (0, 1]; 1 for each of them where all were asked. */
  readonly propensity: number;
}

/** A model of contexts as JSON. */
export interface ContextWeights {
  readonly format: 1;
  /** sha256 of the model whose embedding it reads; of several, joined by `+`. */
  readonly embedding: string;
  readonly features: number;
  readonly strengths: Strengths;
  readonly forgetting: number;
  /** Ids of the deployed models, by arm. */
  readonly arms: readonly string[];
  /**
   * Little-endian float32, base64: `prior` [features (features + 1) / 2], the lower triangle, where it is not the identity;
   * `arm<n>` the sums of arm n.
   */
  readonly tensors: Readonly<Record<string, string>>;
}
