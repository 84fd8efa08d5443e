import type { TaskId } from '../catalog/fields.js';

/** What one tier said, in the form its task fuses and judges. */
export type TierAnswer =
  | {
      readonly kind: 'scores';
      readonly labels: readonly string[];
      /** Natural log of the label distribution, one value a label. */
      readonly logProbs: Float64Array;
    }
  | {
      /** A label without the scores of the others: it cannot be fused, and replaces what was known. */
      readonly kind: 'label';
      readonly labels: readonly string[];
      readonly label: string;
      /** P(right) as whoever answered puts it, in [0, 1]; unknown where it does not say. */
      readonly confidence: number | undefined;
    }
  | {
      readonly kind: 'embedding';
      /** Unit length. */
      readonly vector: Float32Array;
    };

export interface ClassificationOutput {
  readonly kind: 'classification';
  /** The best of all labels, the out-of-scope label included. */
  readonly label: string;
  /** The likeliest labels, best first, `label` included; scores are probabilities. None where nobody knows any. */
  readonly alternatives: readonly { readonly label: string; readonly score: number }[];
  /** Whether the text seems to belong to none of the labels: a finding of its own, whatever the label is. */
  readonly outOfScope: boolean;
}

export interface EmbeddingOutput {
  readonly kind: 'embedding';
  readonly vector: readonly number[];
}

/** What each task puts out. */
interface Outputs {
  readonly 'text-classification': ClassificationOutput;
  readonly 'feature-extraction': EmbeddingOutput;
}

/** Of the task that was asked; of all of them where only the running program knows which. */
export type Output<T extends TaskId = TaskId> = Outputs[T];
