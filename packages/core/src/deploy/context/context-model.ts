/** What a request's embedding says of its reward and cost on each arm. */
export interface ContextModel {
  readonly features: number;
  readonly arms: number;
  /** Fills `rewards` (in [0, 1]) and `costs` (US dollars) by arm. Allocates nothing. */
  predict(features: Float32Array, rewards: Float64Array, costs: Float64Array): void;
  /** One more observation, taken with this probability. */
  learn(observation: LoggedChoice): void;
  /** As it is kept; `readContextModel` makes it again. */
  weights(): ContextWeights;
}

/** One row of a log. */
export interface LoggedChoice {
  readonly features: Float32Array;
  readonly arm: number;
  readonly reward: number;
  readonly cost: number;
  /** P(this arm was chosen for this request), in (0, 1]. */
  readonly propensity: number;
}

/** A model of contexts as JSON. */
export interface ContextWeights {
  readonly format: 1;
  readonly kind: 'linear' | 'neural';
  /** sha256 of the model whose embedding it reads. */
  readonly embedding: string;
  readonly features: number;
  /** Ids of the deployed models, by arm. */
  readonly arms: readonly string[];
  /** Little-endian float32, base64; shapes are the kind's own. */
  readonly tensors: Readonly<Record<string, string>>;
}
