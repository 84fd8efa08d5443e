import { ArtifactCorruptError } from '../errors/artifact-corrupt-error.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import { asking } from './asking.js';
import { FetchFailure } from './fetch-failure.js';
import type { FileResponse, OpenFile } from './file-response.js';
import type { PartFile } from './part-file.js';
import { readChunk } from './read-chunk.js';
import { beginsAsHtml, place, webPage } from './web-page.js';
import { withRetries } from './with-retries.js';

export interface Download {
  readonly url: string;
  readonly open: OpenFile;
  readonly part: PartFile;
  /** Of the whole file, as the catalog says: not one byte more is taken. */
  readonly bytes: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  /** Told how many bytes of the file are here; the number falls when a file must be begun anew. */
  readonly onBytes: (bytes: number) => void;
}

/**
 * Fills a part from where it stands. It keeps what came when this fails or is cancelled; whether the whole of it is the
 * right file is for the caller to say.
 * @throws DownloadError, what the part throws, the signal's reason; ArtifactCorruptError when the size is another one
 */
export async function download(options: Download): Promise<void> {
  const { part, bytes, onBytes } = options;
  onBytes(part.bytes);
  if (part.bytes < bytes) await withRetries((advance) => attempt({ ...options, advance }), options);
}

type Attempt = Download & { readonly advance: () => void };

/** One request, until the file is whole. @throws FetchFailure when it broke off */
async function attempt(options: Attempt): Promise<void> {
  const { url, part, bytes } = options;
  const etag = part.etagFor(url);
  const headers = part.bytes > 0 ? { range: `bytes=${part.bytes}-`, ...(etag && { 'if-range': etag }) } : {};
  await asking(url, { ...options, headers }, (response, abort) => receive(response, { ...options, abort }));
  if (part.bytes < bytes) throw new FetchFailure(`${place(url)} ended after ${part.bytes} of ${bytes} bytes`);
}

async function receive(response: FileResponse, options: Attempt & { readonly abort: AbortController }): Promise<void> {
  const { url, part, bytes, onBytes, advance } = options;
  const reader = response.body?.getReader();
  let isSettled = response.status !== 200;
  if (isSettled) await settle(response, options);
  for (;;) {
    const next = await readChunk(reader, options);
    if (!isSettled) {
      // Looked at before the part is touched: a sign-in page must not cost what is already here.
      if (next && beginsAsHtml(next)) throw webPage(url);
      await settle(response, options);
      isSettled = true;
    }
    if (!next) return;
    if (part.bytes + next.length > bytes) throw wrongSize(url, part.bytes + next.length, bytes);
    await part.append(next);
    advance();
    onBytes(part.bytes);
  }
}

/** Makes the part begin where the answer does. */
async function settle({ status, headers }: FileResponse, { url, part, bytes }: Download): Promise<void> {
  const again = async (why: string): Promise<never> => {
    await part.restart(url, null);
    throw new FetchFailure(`${place(url)} ${why}`);
  };
  if (status === 416) await again('has no such range of the file');
  if (status === 206) {
    const range = headers.get('content-range');
    // Another origin may keep it from a page: whether it was the right range shows when the whole is hashed.
    if (range === null) return;
    const [, from, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(range) ?? [];
    if (Number(from) !== part.bytes) await again('sends another range than the one asked for');
    if (total !== '*' && Number(total) !== bytes) throw wrongSize(url, Number(total), bytes);
    return;
  }
  // The whole file: from a server without ranges, or because it is another version than the part.
  const length = headers.get('content-length');
  if (length !== null && Number(length) !== bytes) throw wrongSize(url, Number(length), bytes);
  await part.restart(url, headers.get('etag'));
}

const wrongSize = (url: string, found: number, bytes: number): ArtifactCorruptError =>
  new ArtifactCorruptError({
    message: `${place(url)} is not the file the catalog names: it has ${found} bytes or more, the catalog says ${bytes}.`,
    hint: 'Tell its publisher, or fetch it from another place.',
    facts: { url: place(url), bytes: found, expected: bytes },
  });
