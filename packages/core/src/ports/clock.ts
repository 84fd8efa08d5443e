/** Time as an input, so that every decision about it can be tested. */
export interface Clock {
  /** Milliseconds on a steady scale with sub-millisecond resolution; only differences mean something. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch, for records. */
  wallMs(): number;
  /** Resolves after `delayMs`, or as soon as `signal` aborts; it never rejects. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}
