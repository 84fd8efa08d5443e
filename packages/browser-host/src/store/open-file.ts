import { DownloadError, FetchFailure, isHtmlType, place, requireStatus, webPage, type OpenFile } from '@terrace/core';
import type { Network } from '../network.js';
import { requireAddress } from './file-address.js';

const HINTS: Readonly<Record<number, string>> = {
  401: 'The server wants to know who asks: serve models where the page is served from, to everybody who may see it.',
  403: 'The server does not let it out: serve models to everybody who may see the page.',
  404: 'Put the file beside the catalog that names it.',
};

/**
 * Asks for files as a page may: redirects are followed by the browser, and headers of another origin may be hidden.
 * @param manner.cache `no-store` for files that are stored here anyway, `no-cache` for what may have changed
 */
export const openFile =
  (network: OpenNetwork, manner: Pick<RequestInit, 'cache' | 'priority'>): OpenFile =>
  async (url, { headers, signal }) => {
    requireAddress(url);
    const { 'if-range': ifRange, ...plain } = headers;
    // Another origin would have to allow it beforehand; whether a range was of the same file shows by the hash.
    const isOwn = new URL(url).origin === globalThis.origin;
    const asked = { ...plain, ...(isOwn && ifRange !== undefined && { 'if-range': ifRange }) };
    const response = await ask(network, url, { ...manner, headers: asked, signal });
    try {
      if (response.redirected) requireAddress(response.url);
      requireStatus(response, { url, hints: HINTS });
      if (isHtmlType(response.headers.get('content-type'))) throw webPage(url);
    } catch (error) {
      await response.body?.cancel().catch(() => undefined);
      throw error;
    }
    return { status: response.status, body: response.body, headers: { get: (name) => headerOf(response, name) } };
  };

type OpenNetwork = Pick<Network, 'fetch' | 'isOnline'>;

interface Asked extends Pick<RequestInit, 'cache' | 'priority'> {
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** @throws FetchFailure, DownloadError when the device is offline, the signal's reason */
async function ask(network: OpenNetwork, url: string, asked: Asked): Promise<Response> {
  const attempt = (headers: Asked['headers']): Promise<Response> =>
    network.fetch(url, { ...asked, headers }).catch((cause: unknown) => {
      asked.signal.throwIfAborted();
      throw unreachable(url, network.isOnline(), cause);
    });
  const { range, ...whole } = asked.headers;
  if (range === undefined) return attempt(whole);
  try {
    return await attempt(asked.headers);
  } catch (error) {
    if (!(error instanceof FetchFailure)) throw error;
    // A browser refuses a range that comes compressed, and says no more than that: such a server is asked for the whole.
    const response = await attempt(whole);
    if (response.type !== 'basic' || isPacked(response)) return response;
    await response.body?.cancel().catch(() => undefined);
    throw error;
  }
}

/** The browser unpacks what comes compressed: lengths and ranges are then those of something else. */
function headerOf(response: Response, name: string): string | null {
  // Of another origin nobody knows whether it is packed.
  if (name === 'content-length' && (response.type !== 'basic' || isPacked(response))) return null;
  if (name === 'content-range' && isPacked(response)) return 'packed';
  return response.headers.get(name);
}

const isPacked = ({ headers }: Response): boolean => !['identity', null].includes(headers.get('content-encoding'));

/** Without a network another try is as vain. */
function unreachable(url: string, isOnline: boolean, cause: unknown): DownloadError | FetchFailure {
  if (isOnline) {
    const why = new URL(url).origin === globalThis.origin ? '' : ', or its server does not allow this page to (CORS)';
    return new FetchFailure(`${place(url)} cannot be reached${why}`, { cause });
  }
  return new DownloadError({
    message: `${place(url)} cannot be reached: this device is offline.`,
    hint: 'Connect it to the network; what is already here is kept.',
    facts: { url: place(url), isOffline: true },
    cause,
  });
}
