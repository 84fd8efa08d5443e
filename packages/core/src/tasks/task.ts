import type { TaskId } from '../catalog/schema.js';
import type { TierAnswer } from './answer.js';
import { featureExtraction } from './feature-extraction/feature-extraction.js';
import { textClassification } from './text-classification/text-classification.js';

/** What a task is to the stages: they ask it and know nothing of its kind. */
export interface Task {
  readonly id: TaskId;
  /** The output of a Terrace graph that holds its answer. */
  readonly graphOutput: string;
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
