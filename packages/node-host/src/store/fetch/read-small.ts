import { DownloadError } from '@terrace/core';
import { FetchFailure } from './fetch-failure.js';
import { htmlPage, openResponse, place } from './open-response.js';
import { readChunk } from './read-chunk.js';
import { withinStall } from './stall.js';
import type { Transport } from './transport.js';
import { withRetries } from './with-retries.js';

export interface SmallAnswer {
  readonly bytes: Uint8Array;
  /** The header that names the next page of a list. */
  readonly link: string | null;
}

/**
 * Fetches a small file whose hash nobody told beforehand, such as a manifest.
 * @returns undefined when there is none
 * @throws DownloadError when it is larger than allowed, or cannot be fetched
 */
export async function readSmall(
  url: string,
  { maxBytes, transport, signal }: { maxBytes: number; transport: Transport; signal: AbortSignal },
): Promise<SmallAnswer | undefined> {
  const attempt = async (): Promise<SmallAnswer> => {
    const abort = new AbortController();
    const onAbort = (): void => abort.abort(signal.reason);
    signal.throwIfAborted();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      const stall = { clock: transport.clock, abort };
      const response = await withinStall(openResponse(url, { transport, signal: abort.signal }), stall);
      const reader = response.body?.getReader();
      const chunks: Uint8Array[] = [];
      let bytes = 0;
      for (;;) {
        const chunk = await readChunk(reader, { url, signal, ...stall });
        if (!chunk) break;
        bytes += chunk.length;
        if (bytes > maxBytes) throw tooLarge(url, maxBytes);
        chunks.push(chunk);
      }
      const whole = Buffer.concat(chunks);
      const length = response.headers.get('content-length');
      if (length !== null && Number(length) !== whole.length) {
        throw new FetchFailure(`${place(new URL(url))} ended after ${whole.length} of ${length} bytes`);
      }
      if (/^\s*<(!doctype|html)/i.test(whole.toString('utf8', 0, 256))) throw htmlPage(new URL(url));
      return { bytes: whole, link: response.headers.get('link') };
    } finally {
      signal.removeEventListener('abort', onAbort);
      abort.abort();
    }
  };
  try {
    return await withRetries(attempt, { transport, signal });
  } catch (error) {
    if (DownloadError.isInstance(error) && error.facts['status'] === 404) return undefined;
    throw error;
  }
}

const tooLarge = (url: string, maxBytes: number): DownloadError =>
  new DownloadError({
    message: `${place(new URL(url))} has more than ${maxBytes} bytes.`,
    hint: 'Check that the address is that of a model.',
    facts: { url: place(new URL(url)), maxBytes },
  });
