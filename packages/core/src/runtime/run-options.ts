import type { FetchProgress } from '../ports/model-store.js';

/** What a caller says beside the request. */
export interface RunOptions {
  readonly signal?: AbortSignal | undefined;
  /** The id under which the request waits in the queue: this is one more try to answer it. */
  readonly queuedId?: string | undefined;
  /** Name of the key the request came in with: budgets count by it. Never the key itself. */
  readonly key?: string | undefined;
  /** The id of the request that it follows from: a budget of single requests counts both as one. */
  readonly partOf?: string | undefined;
}

/** What a caller says beside what is to be prepared. */
export interface PrepareOptions {
  readonly signal?: AbortSignal | undefined;
  /** Told of the download; `totalBytes` covers every file of it from the first event on. Not called without one. */
  readonly onProgress?: ((progress: FetchProgress) => void) | undefined;
  /** Tiers among which a deployment has chosen; all that fit without it. */
  readonly only?: readonly string[] | undefined;
}
