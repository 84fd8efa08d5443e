import { ArtifactCorruptError, DownloadError, type Clock } from '@terrace/core';
import { inTime } from '../indexed-db/in-time.js';
import type { ListedFile } from './file-list.js';
import { sha256Of } from './sha256-of.js';

/** After so long without a byte nothing more will come. */
const STALL_MS = 30_000;

export interface FileFetch {
  readonly file: ListedFile;
  readonly url: string;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal?: AbortSignal;
  /** How many more bytes are here; below zero when some came in vain. */
  readonly onBytes?: (bytes: number) => void;
}

/**
 * A file as its list describes it. What the HTTP cache has is good enough when its hash is right.
 * @returns an answer that can be kept: its headers are those of the server, but for what describes the way here
 * @throws DownloadError, ArtifactCorruptError, the signal's reason
 */
export async function fetchFile(asked: FileFetch): Promise<Response> {
  try {
    return await fetchOnce(asked, 'default');
  } catch (error) {
    if (!ArtifactCorruptError.isInstance(error)) throw error;
    return fetchOnce(asked, 'reload');
  }
}

async function fetchOnce(asked: FileFetch, cache: RequestCache): Promise<Response> {
  const { file, url, onBytes } = asked;
  const { headers, body } = await open(asked, cache);
  const bytes = new Uint8Array(file.bytes);
  let received = 0;
  for await (const chunk of chunksOf(body, asked)) {
    const isTooLong = received + chunk.length > bytes.length;
    if (!isTooLong) bytes.set(chunk, received);
    received += chunk.length;
    onBytes?.(chunk.length);
    if (isTooLong) break;
  }
  if (received === bytes.length && (await sha256Of(bytes)) === file.sha256)
    return new Response(bytes, { headers: keptHeaders(headers, file) });
  onBytes?.(-received);
  throw new ArtifactCorruptError({
    message: `${url} is not the file that the list of the page's files names.`,
    hint: 'Deploy list and files together, and let the server send them as they are.',
    facts: { url, expectedBytes: file.bytes, receivedBytes: received },
  });
}

async function open(
  { url, fetch, clock, signal }: FileFetch,
  cache: RequestCache,
): Promise<{ readonly headers: Headers; readonly body: ReadableStream<Uint8Array> | null }> {
  const given = new AbortController();
  const signals = AbortSignal.any([given.signal, ...(signal ? [signal] : [])]);
  const asking = fetch(url, { cache, signal: signals }).catch((cause: unknown) => {
    signals.throwIfAborted();
    throw unreachable(url, cause);
  });
  const response = await inTime(clock, STALL_MS, asking);
  if (response?.ok) return response;
  given.abort(new Error('nobody waits for it any more'));
  throw unreachable(url, response ? `status ${response.status}` : 'it does not answer');
}

async function* chunksOf(body: ReadableStream<Uint8Array> | null, { url, clock, signal }: FileFetch) {
  // An empty file may come without a body.
  const reader = (body ?? new Blob([]).stream()).getReader();
  try {
    for (;;) {
      const next = await inTime(clock, STALL_MS, reader.read());
      if (!next) throw unreachable(url, 'it stopped in the middle');
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw DownloadError.isInstance(error) ? error : unreachable(url, error);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** What was said of the way here, not of the file; `vary` would hide it from requests with other headers. */
const OF_THE_WAY = ['connection', 'content-encoding', 'keep-alive', 'transfer-encoding', 'vary'];

function keptHeaders(headers: Headers, { path, bytes }: ListedFile): Headers {
  const kept = new Headers(headers);
  for (const name of OF_THE_WAY) kept.delete(name);
  kept.set('content-length', String(bytes));
  // Otherwise it would not be compiled while it arrives.
  if (path.endsWith('.wasm')) kept.set('content-type', 'application/wasm');
  return kept;
}

/** @param cause what the browser threw, or a few words */
export const unreachable = (url: string, cause: unknown): DownloadError =>
  new DownloadError({
    message: `${url} cannot be fetched: ${cause instanceof Error ? cause.message : String(cause)}.`,
    hint: 'Connect the device to the network; on the server, deploy every file that the list names.',
    facts: { url },
    cause,
  });
