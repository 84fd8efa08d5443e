/** A try that came to nothing, of a kind that may go better the next time. It never leaves what downloads. */
export class FetchFailure extends Error {
  /** As the server wrote it: seconds, or a date. */
  readonly retryAfter: string | null;

  constructor(message: string, { cause, retryAfter = null }: { cause?: unknown; retryAfter?: string | null } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'FetchFailure';
    this.retryAfter = retryAfter;
  }
}
