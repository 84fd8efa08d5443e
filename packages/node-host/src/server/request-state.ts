import type { Result } from '@terrace/core';
import type { CacheOutcome } from '@terrace/core/cache';
import { EVERYTHING, type Access } from './access.js';

/** What the server knows of one HTTP request beside what Fastify does. */
export class RequestState {
  /** On the scale of `performance.now()`. */
  readonly startMs = performance.now();
  access: Access = EVERYTHING;
  /** Set once somebody has to know when to stop. */
  controller: AbortController | undefined = undefined;
  timer: NodeJS.Timeout | undefined = undefined;
  /** Kept only where the same request must be recognised. */
  body: Buffer | undefined = undefined;
  /** Who answered its latest text, for the log. */
  last: Pick<Result, 'tier' | 'placement' | 'requestId'> | undefined = undefined;
  /** Texts that were given to the runtime, and those it has answered. */
  asked = 0;
  answered = 0;
  /** What became of its texts at the cache so far; the worst of them. */
  cache: CacheOutcome | undefined = undefined;
  /** What went wrong, for the log. */
  errorCode: string | undefined = undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    terrace: RequestState;
  }
}
