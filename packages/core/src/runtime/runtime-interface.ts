import type { Workshop } from '../learn/workshop.js';
import type { ForwardedAnswer } from '../remote/forward-chat.js';
import type { ForwardJob } from '../remote/forward.js';
import type { Queued } from '../remote/reconcile.js';
import type { Remotes } from '../remote/remotes.js';
import type { RequestInput } from '../request/parse-request.js';
import type { BoundedRecommendation } from './bounded-recommendation.js';
import type { RunByTask, StreamByTask } from './run-by-task.js';
import type { PrepareOptions, RunOptions } from './run-options.js';

/** Answers requests. Close it to end workers, connections and the ledger. */
export interface Runtime {
  /** Yields every step, every partial answer and, last, the result. */
  readonly stream: StreamByTask;
  /** The same, folded to the result. Those that give the same `inOrder` resolve in the order they were asked. */
  readonly run: RunByTask;
  /** What would answer such a request here, how fast, and why not the others; nothing is downloaded. @throws like `run` */
  recommend(input: Omit<RequestInput, 'text'>, options?: RunOptions): Promise<BoundedRecommendation>;
  /** Downloads and loads what would answer such a request here. @throws like `run` */
  prepare(input: Omit<RequestInput, 'text'>, options?: PrepareOptions): Promise<void>;
  /** Passes a chat on to an endpoint of the catalog, but for what must not leave. @throws like an endpoint's client */
  forward(job: ForwardJob): Promise<ForwardedAnswer>;
  /** How the endpoints of the catalog do, as far as they were asked. */
  readonly remotes: Pick<Remotes, 'state' | 'check'>;
  /** Requests that were put off until a tier can be reached; undefined on a host without a queue. */
  readonly queued: Queued | undefined;
  /** The network is back, or may be: endpoints that were away are asked at once, and what waits for them is answered. */
  lookAgain(): void;
  /** What fitting borrows: loaded models, in between requests. */
  readonly workshop: Workshop;
  /** Runs on this device that have not begun. */
  waiting(): number;
  /** Resolves when all records so far are durable. @throws StorageError */
  flush(): Promise<void>;
  close(): Promise<void>;
}
