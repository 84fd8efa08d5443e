/** What turns features into one logit a label: logits = weight x features + bias. */
export interface Head {
  readonly labels: readonly string[];
  /** [labels, features], as `head.weight` of `head.safetensors` */
  readonly weight: Float32Array<ArrayBuffer>;
  /** [labels] */
  readonly bias: Float32Array<ArrayBuffer>;
}
