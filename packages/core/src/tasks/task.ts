import type { Dtype, TaskId } from '../catalog/fields.js';
import type { Comparison } from './comparison.js';
import type { TierAnswer } from './answer.js';
import { featureExtraction } from './feature-extraction/feature-extraction.js';
import { textClassification } from './text-classification/text-classification.js';

/** What a task is to the stages: they ask it and know nothing of its kind. What its graph gives: `graph-reading.ts`. */
export interface Task {
  readonly id: TaskId;
  /**
   * Reads finite output values.
   * @returns the answer, or in words why the values cannot be one
   */
  read(
    values: Float32Array,
    labels: readonly string[],
  ): TierAnswer | { readonly kind: 'unusable'; readonly why: string };
  /**
   * Compares what a provider answers with what is known to be right, text by text.
   * @param expected as long as `answers`; the same output of the same model
   * @param dtype of the variant: coarser weights may differ by more
   */
  goldenCompare(answers: readonly Float32Array[], expected: readonly Float32Array[], dtype: Dtype): Comparison;
  /** Where nothing is known to be right: what is wrong with one answer whatever it should be; undefined when it is sound. */
  faultOf(values: Float32Array): string | undefined;
}

const TASKS: Readonly<Record<TaskId, Task>> = {
  'text-classification': textClassification,
  'feature-extraction': featureExtraction,
};

export const taskOf = (id: TaskId): Task => TASKS[id];
