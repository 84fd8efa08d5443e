import type { Clock } from '../ports/clock.js';
import type { FileResponse, OpenFile } from './file-response.js';
import { withinStall } from './stall.js';

/**
 * One request, from the question to the end of the answer: however it ends, its connection does not outlive it.
 * @throws what `open` and `read` throw, the signal's reason
 */
export async function asking<T>(
  url: string,
  {
    headers = {},
    open,
    clock,
    signal,
  }: {
    readonly headers?: Readonly<Record<string, string>>;
    readonly open: OpenFile;
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
  read: (response: FileResponse, abort: AbortController) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const onAbort = (): void => abort.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const asked = open(url, { headers, signal: abort.signal });
    return await read(await withinStall(asked, { clock, abort }), abort);
  } finally {
    signal.removeEventListener('abort', onAbort);
    abort.abort();
  }
}
