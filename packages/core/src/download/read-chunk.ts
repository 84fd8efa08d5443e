import type { Clock } from '../ports/clock.js';
import { FetchFailure } from './fetch-failure.js';
import type { ChunkReader } from './file-response.js';
import { place } from './web-page.js';
import { withinStall } from './stall.js';

/**
 * The next piece of an answer; undefined at its end.
 * @param abort ends the request when nothing comes
 * @throws FetchFailure when the connection breaks or stalls, the signal's reason
 */
export async function readChunk(
  reader: ChunkReader | undefined,
  { url, clock, signal, abort }: { url: string; clock: Clock; signal: AbortSignal; abort: AbortController },
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!reader) return undefined;
  const { value } = await withinStall(reader.read(), { clock, abort }).catch((cause: unknown) => {
    signal.throwIfAborted();
    throw cause instanceof FetchFailure ? cause : new FetchFailure(`${place(url)} broke off`, { cause });
  });
  signal.throwIfAborted();
  return value;
}
