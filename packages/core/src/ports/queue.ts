/** A request that waits for a tier which cannot be reached. Unlike the ledger it holds the text, until it is forgotten. */
export interface QueuedRequest {
  /** The id of the request that was put off. */
  readonly requestId: string;
  readonly atWallMs: number;
  /** The request as JSON: it is parsed anew when its turn comes. */
  readonly request: string;
}

/** What has become of a request that was put off. */
export type QueuedState =
  | { readonly kind: 'waiting'; readonly queued: QueuedRequest; readonly tries: number }
  /** `result` is the answer as JSON. */
  | { readonly kind: 'done'; readonly queued: QueuedRequest; readonly atWallMs: number; readonly result: string }
  /** It can never be answered: what is wrong, as JSON with `code` and `message`. */
  | { readonly kind: 'failed'; readonly queued: QueuedRequest; readonly atWallMs: number; readonly error: string };

/** A request that nobody else works on until the lease runs out. */
export interface Claim {
  readonly queued: QueuedRequest;
  /** Names this claim: an ending that another claim has overtaken is not kept. */
  readonly token: string;
  readonly tries: number;
}

/**
 * Requests that wait for the network, in order, across restarts. Several processes may share one. An ending is kept
 * at most once, so each request is answered exactly once whoever dies meanwhile.
 */
export interface Queue {
  /**
   * Durable once it resolves. Adding an id again does nothing.
   * @throws OverloadedError when too many wait or too much text does; StorageError
   */
  add(queued: QueuedRequest): Promise<void>;
  /**
   * The oldest waiting request, for `leaseMs`. Undefined when none waits, and while somebody else holds the oldest:
   * answers come in order.
   */
  claim(leaseMs: number): Promise<Claim | undefined>;
  /** @returns whether it was kept: false when the claim was overtaken or the request ended already */
  finish(claim: Claim, ending: { readonly result: string } | { readonly error: string }): Promise<boolean>;
  /** Gives a claim back, to be tried again. */
  release(claim: Claim): Promise<void>;
  /** Undefined for an id that was never queued or is forgotten. */
  read(requestId: string): Promise<QueuedState | undefined>;
  /** Oldest first. */
  list(query?: { readonly limit?: number; readonly kind?: QueuedState['kind'] }): Promise<QueuedState[]>;
  waiting(): Promise<number>;
  /** Forgets a request with its text and answer. @returns whether there was one */
  forget(requestId: string): Promise<boolean>;
  /** Forgets what ended before a time. @returns how many */
  forgetEnded(beforeWallMs: number): Promise<number>;
  close(): Promise<void>;
}
