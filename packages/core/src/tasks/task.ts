import type { TaskId } from '../catalog/fields.js';
import type { TierAnswer } from './answer.js';
import { featureExtraction } from './feature-extraction/feature-extraction.js';
import { textClassification } from './text-classification/text-classification.js';

/** What a task is to the stages: they ask it and know nothing of its kind. What its graph gives: `graph-reading.ts`; how it is tested: `output-check.ts`. */
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
}

const TASKS: Readonly<Record<TaskId, Task>> = {
  'text-classification': textClassification,
  'feature-extraction': featureExtraction,
};

export const taskOf = (id: TaskId): Task => TASKS[id];
