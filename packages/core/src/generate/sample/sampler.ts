import type { Generation } from '../../tasks/text-generation/generation.js';

/** What of a generation decides the next token. */
export type SamplerSettings = Pick<
  Generation,
  'temperature' | 'topP' | 'topK' | 'repetitionPenalty' | 'logitBias' | 'topLogProbs'
>;

export interface Sampled {
  readonly token: number;
  /** Natural log of P(token) of the model itself: before penalties, bias, masks and temperature. */
  readonly logProb: number;
  /** The likeliest tokens by the same measure, best first; empty where none were asked for. */
  readonly top: readonly { readonly token: number; readonly logProb: number }[];
}

/** Chooses the tokens of one sequence. */
export interface Sampler {
  /**
   * @param logits f32 [vocabulary]; may be written into
   * @param mask one bit a token, set where it may come; undefined where all may
   * @param narrowed asked once about the token that was drawn: a mask to draw by in place of the first, where it may not
   *   come after all. Most tokens may, and it costs more than to draw again.
   * @throws StructureUnmetError when the mask leaves none
   */
  next(
    logits: Float32Array,
    mask: Int32Array | undefined,
    narrowed?: (token: number) => Int32Array | undefined,
  ): Sampled;
  /** Counts a token of the prompt or of the answer: repeated ones are less likely from then on. */
  saw(token: number): void;
}
