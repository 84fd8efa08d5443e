import type { TaskId } from '../catalog/fields.js';
import { embeddingReading } from './feature-extraction/embedding-reading.js';
import { logitsReading } from './text-classification/logits-reading.js';

/** What a task is where its graph runs. The rest of it, `task.ts`, would be carried there for nothing. */
export interface GraphReading {
  /** The output of a Terrace graph that holds its answer. */
  readonly graphOutput: string;
  /**
   * Whether the noise of a shared batch could have changed the answer: 8-bit kernels scale activations over the
   * whole batch, so a text's values move a little with its company.
   */
  isNearTie(values: Float32Array): boolean;
}

const READINGS: Readonly<Record<TaskId, GraphReading>> = {
  'text-classification': logitsReading,
  'feature-extraction': embeddingReading,
};

export const readingOf = (id: TaskId): GraphReading => READINGS[id];
