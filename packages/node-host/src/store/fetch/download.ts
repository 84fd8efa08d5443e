import { ArtifactCorruptError } from '@terrace/core';
import type { Content } from '../content/content-store.js';
import type { StoreFiles } from '../content/store-host.js';
import { FetchFailure } from './fetch-failure.js';
import { htmlPage, openResponse, place } from './open-response.js';
import { openPart, type PartFile } from './part-file.js';
import { readChunk } from './read-chunk.js';
import { withinStall } from './stall.js';
import type { Transport } from './transport.js';
import { withRetries } from './with-retries.js';

export interface DownloadOptions {
  readonly transport: Transport;
  readonly files: StoreFiles;
  readonly signal: AbortSignal;
  /** Told how many bytes of the file are here; the number falls when a file must be begun anew. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Downloads into a part file, from where it stands. The part stays when this fails or is cancelled.
 * @returns sha256 of the whole file: whether it is the right one is for the caller to say
 * @throws DownloadError, StorageError, the signal's reason; ArtifactCorruptError when the size is another one
 */
export async function downloadPart(
  url: string,
  path: string,
  { content, ...options }: DownloadOptions & { content: Content },
): Promise<string> {
  const part = await openPart(path, content, options.files);
  try {
    options.onBytes(part.bytes);
    if (part.bytes < content.bytes) {
      await withRetries((advance) => attempt(url, part, { ...options, content, advance }), options);
    }
    return await part.finish();
  } finally {
    await part.close();
  }
}

type Attempt = DownloadOptions & { content: Content; advance: () => void };

/** One request, until the file is whole. @throws FetchFailure when it broke off */
async function attempt(url: string, part: PartFile, options: Attempt): Promise<void> {
  const { content, transport, signal } = options;
  const abort = new AbortController();
  const onAbort = (): void => abort.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const etag = part.etagFor(url);
    const range = part.bytes > 0 && { range: `bytes=${part.bytes}-`, ...(etag && { 'if-range': etag }) };
    const asked = openResponse(url, { headers: { ...range }, transport, signal: abort.signal });
    const response = await withinStall(asked, { clock: transport.clock, abort });
    await receive(response, { ...options, url, part, abort });
  } finally {
    signal.removeEventListener('abort', onAbort);
    abort.abort();
  }
  if (part.bytes < content.bytes) {
    throw new FetchFailure(`${place(new URL(url))} ended after ${part.bytes} of ${content.bytes} bytes`);
  }
}

/** Makes the part begin where the answer does. */
async function settle(
  { status, headers }: Response,
  { url, part, content }: { url: string; part: PartFile; content: Content },
): Promise<void> {
  const again = async (why: string): Promise<never> => {
    await part.restart(url, null);
    throw new FetchFailure(`${place(new URL(url))} ${why}`);
  };
  if (status === 416) await again('has no such range of the file');
  if (status === 206) {
    const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '') ?? [];
    if (Number(from) !== part.bytes) await again('sends another range than the one asked for');
    if (total !== '*' && Number(total) !== content.bytes) throw wrongSize(url, Number(total), content);
    return;
  }
  // The whole file: from a server without ranges, or because it is another version than the part.
  const length = headers.get('content-length');
  if (length !== null && Number(length) !== content.bytes) throw wrongSize(url, Number(length), content);
  await part.restart(url, headers.get('etag'));
}

async function receive(
  response: Response,
  options: Attempt & { url: string; part: PartFile; abort: AbortController },
): Promise<void> {
  const { url, part, content, onBytes, advance } = options;
  const reader = response.body?.getReader();
  let settled = false;
  for (;;) {
    const next = await readChunk(reader, { ...options, clock: options.transport.clock });
    // Looked at before the part is touched: a sign-in page must not cost what is already here.
    if (!settled && response.status === 200 && next && isHtml(next)) throw htmlPage(new URL(url));
    if (!settled) await settle(response, options);
    settled = true;
    if (!next) return;
    if (part.bytes + next.length > content.bytes) throw wrongSize(url, part.bytes + next.length, content);
    await part.append(next);
    advance();
    onBytes(part.bytes);
  }
}

const isHtml = (start: Uint8Array): boolean =>
  /^\uFEFF?\s*<(!doctype|html)/i.test(new TextDecoder().decode(start.subarray(0, 256)));

const wrongSize = (url: string, found: number, { bytes }: Content): ArtifactCorruptError =>
  new ArtifactCorruptError({
    message: `${place(new URL(url))} is not the file the catalog names: it has ${found} bytes or more, the catalog says ${bytes}.`,
    hint: 'Tell its publisher, or fetch it from another place.',
    facts: { url: place(new URL(url)), bytes: found, expected: bytes },
  });
