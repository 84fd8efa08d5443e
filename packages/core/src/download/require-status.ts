import { DownloadError } from '../errors/download-error.js';
import { FetchFailure } from './fetch-failure.js';
import type { FileResponse } from './file-response.js';
import { place } from './web-page.js';

/**
 * Lets answers pass that bring a file, or say that there is no such range of it.
 * @param hints what to do about a status, in the words of the host
 * @throws DownloadError, or FetchFailure where the server may answer better the next time
 */
export function requireStatus(
  { status, headers }: FileResponse,
  { url, hints }: { readonly url: string; readonly hints: Readonly<Record<number, string>> },
): void {
  if (status === 200 || status === 206 || status === 416) return;
  if (status === 408 || status === 429 || status >= 500) {
    throw new FetchFailure(`${place(url)} answers with status ${status}`, { retryAfter: headers.get('retry-after') });
  }
  throw new DownloadError({
    message: `${place(url)} answers with status ${status}.`,
    hint: hints[status] ?? 'Check the address, or use another mirror.',
    facts: { url: place(url), status },
  });
}
