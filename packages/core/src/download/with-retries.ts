import { DownloadError } from '../errors/download-error.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import { FetchFailure } from './fetch-failure.js';

/** Tries in a row that bring nothing new. */
const MAX_FRUITLESS = 5;
/** Tries in all: a line that breaks ever again after a few bytes is no line. */
const MAX_TRIES = 100;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** A server that asks for more patience than this is told to the user instead. */
const LONGEST_RETRY_AFTER_MS = 5 * 60_000;

/**
 * Repeats a try that failed in a way that may pass, after a pause that doubles and is jittered, or that the
 * server asked for.
 * @param attempt tells how much there is by `advance`: progress starts the count anew
 * @throws DownloadError when the tries are used up; every other error of a try at once; the signal's reason
 */
export async function withRetries<T>(
  attempt: (advance: () => void) => Promise<T>,
  { clock, random, signal }: { clock: Clock; random: Random; signal: AbortSignal },
): Promise<T> {
  let fruitless = 0;
  for (let tries = 1; ; tries++) {
    let advanced = false;
    try {
      return await attempt(() => (advanced = true));
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof FetchFailure)) throw error;
      fruitless = advanced ? 1 : fruitless + 1;
      const delayMs = retryDelayMs({ error, fruitless, random, wallMs: clock.wallMs() });
      if (delayMs === undefined || fruitless >= MAX_FRUITLESS || tries >= MAX_TRIES) throw gaveUp(error, tries);
      await clock.sleep(delayMs, signal);
      signal.throwIfAborted();
    }
  }
}

/** @returns undefined when the server asks for too long a pause. Pure but for the chance. */
export function retryDelayMs({
  error: { retryAfter },
  fruitless,
  random,
  wallMs,
}: {
  error: Pick<FetchFailure, 'retryAfter'>;
  fruitless: number;
  random: () => number;
  wallMs: number;
}): number | undefined {
  if (retryAfter !== null) {
    const askedMs = /^\d+$/.test(retryAfter.trim()) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - wallMs;
    if (askedMs > LONGEST_RETRY_AFTER_MS) return undefined;
    if (askedMs > 0) return askedMs * (1 + random() / 4);
  }
  const delayMs = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (fruitless - 1));
  return delayMs * (0.5 + random() / 2);
}

const gaveUp = (error: FetchFailure, tries: number): DownloadError =>
  new DownloadError({
    message: `${error.message}; ${tries} tries.`,
    hint: 'Check the network and try again: what is already here is kept.',
    facts: { tries },
    cause: error,
  });
