import type { Dtype, TaskId } from '../catalog/fields.js';
import type { Comparison } from './comparison.js';
import { compareEmbeddings, embeddingFault } from './feature-extraction/compare-embeddings.js';
import { compareDistributions, logitsFault } from './text-classification/compare-distributions.js';

/** What a task is to whoever tests a model. The rest of it, `task.ts`, answers requests without this. */
export interface OutputCheck {
  /**
   * Compares what a provider answers with what is known to be right, text by text.
   * @param expected as long as `answers`; the same output of the same model
   * @param dtype of the variant: coarser weights may differ by more
   */
  goldenCompare(answers: readonly Float32Array[], expected: readonly Float32Array[], dtype: Dtype): Comparison;
  /** Where nothing is known to be right: what is wrong with one answer whatever it should be; undefined when it is sound. */
  faultOf(values: Float32Array): string | undefined;
}

const CHECKS: Readonly<Record<TaskId, OutputCheck>> = {
  'text-classification': { goldenCompare: compareDistributions, faultOf: logitsFault },
  'feature-extraction': { goldenCompare: compareEmbeddings, faultOf: embeddingFault },
};

export const checkOf = (id: TaskId): OutputCheck => CHECKS[id];
