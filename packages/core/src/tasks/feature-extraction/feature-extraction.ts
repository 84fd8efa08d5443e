import type { Task } from '../task.js';

/** A text as a unit vector. An embedding has no confidence of its own: it is accepted as it comes. */
export const featureExtraction: Task = {
  id: 'feature-extraction',
  read: (vector) => ({ kind: 'embedding', vector }),
};
