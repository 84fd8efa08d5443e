import type { TaskId } from '../catalog/fields.js';
import type { Output } from '../tasks/answer.js';
import type { Result } from './result.js';
import type { TraceEvent } from './trace.js';

/** What a stream tells while a request is answered. */
export type Step<T extends TaskId = TaskId> =
  | { readonly kind: 'trace'; readonly event: TraceEvent }
  /** The best answer so far, before it is known to be good enough. */
  | {
      readonly kind: 'answer';
      readonly output: Output<T>;
      readonly tier: string;
      readonly confidence: number | undefined;
    }
  | { readonly kind: 'result'; readonly result: Result<T> };
