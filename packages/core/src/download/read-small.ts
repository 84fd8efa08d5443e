import { DownloadError } from '../errors/download-error.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import { asking } from './asking.js';
import { FetchFailure } from './fetch-failure.js';
import type { FileResponse, OpenFile } from './file-response.js';
import { readChunk } from './read-chunk.js';
import { beginsAsHtml, place, webPage } from './web-page.js';
import { withRetries } from './with-retries.js';

export interface SmallAnswer {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The header that names the next page of a list. */
  readonly link: string | null;
}

export interface SmallRead {
  readonly maxBytes: number;
  readonly open: OpenFile;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/**
 * Fetches a small file whose hash nobody told beforehand, such as a manifest.
 * @returns undefined when there is none
 * @throws DownloadError when it is larger than allowed, or cannot be fetched
 */
export async function readSmall(url: string, options: SmallRead): Promise<SmallAnswer | undefined> {
  try {
    return await withRetries(
      () => asking(url, options, (response, abort) => receive(response, { url, abort, ...options })),
      options,
    );
  } catch (error) {
    if (DownloadError.isInstance(error) && error.facts['status'] === 404) return undefined;
    throw error;
  }
}

async function receive(
  response: FileResponse,
  options: SmallRead & { readonly url: string; readonly abort: AbortController },
): Promise<SmallAnswer> {
  const { url, maxBytes } = options;
  const reader = response.body?.getReader();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (let chunk = await readChunk(reader, options); chunk; chunk = await readChunk(reader, options)) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(url, maxBytes);
    chunks.push(chunk);
  }
  const promised = response.headers.get('content-length');
  if (promised !== null && Number(promised) !== length) {
    throw new FetchFailure(`${place(url)} ended after ${length} of ${promised} bytes`);
  }
  const bytes = joined(chunks, length);
  if (beginsAsHtml(bytes)) throw webPage(url);
  return { bytes, link: response.headers.get('link') };
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

const tooLarge = (url: string, maxBytes: number): DownloadError =>
  new DownloadError({
    message: `${place(url)} has more than ${maxBytes} bytes.`,
    hint: 'Check that the address is that of a model.',
    facts: { url: place(url), maxBytes },
  });
