import type { Clock } from '@terrace/core';
import { FetchFailure } from './fetch-failure.js';
import { place } from './open-response.js';
import { withinStall } from './stall.js';

/**
 * The next piece of an answer; undefined at its end.
 * @param abort ends the request when nothing comes
 * @throws FetchFailure when the connection breaks or stalls, the signal's reason
 */
export async function readChunk(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  { url, clock, signal, abort }: { url: string; clock: Clock; signal: AbortSignal; abort: AbortController },
): Promise<Uint8Array | undefined> {
  if (!reader) return undefined;
  const { value } = await withinStall(reader.read(), { clock, abort }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw cause instanceof FetchFailure ? cause : new FetchFailure(`${place(new URL(url))} broke off`, { cause });
  });
  signal.throwIfAborted();
  return value;
}
