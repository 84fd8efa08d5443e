import type { Clock } from '@terrace/core';
import { addressOf, type SiteVersion } from './site-version.js';
import { fetchFile } from './fetch-file.js';
import type { ListedFile } from './file-list.js';
import type { KeptFiles } from './kept-files.js';
import type { SiteState } from './site-state.js';
import type { Clients, FetchEvent } from './worker-scope.js';

interface SiteOptions {
  readonly listUrl: string;
  readonly state: SiteState;
  readonly kept: KeptFiles;
  readonly clients: Pick<Clients, 'matchAll'>;
  readonly fetch: typeof globalThis.fetch;
  readonly clock: Pick<Clock, 'sleep'>;
}

/** Answers what the pages of a site ask for: a page and all that it loads later come from one version. */
export class Site {
  readonly #options: SiteOptions;

  constructor(options: SiteOptions) {
    this.#options = options;
  }

  /** Undefined for what is no matter of the site: whoever comes next may answer it, in the end the network. */
  answer(event: FetchEvent): Promise<Response> | undefined {
    const { method, url, headers } = event.request;
    if (method !== 'GET' || headers.has('range') || new URL(url).origin !== new URL(this.#options.listUrl).origin)
      return undefined;
    if (!isPage(event) && !this.#options.state.mayHave(url)) return undefined;
    return this.#answer(event);
  }

  async #answer(event: FetchEvent): Promise<Response> {
    const { fetch, kept } = this.#options;
    // Whatever the browser's storage has against it, a page must not be worse off than without a service worker.
    const version = await this.#versionFor(event).catch(() => undefined);
    const found = version?.find(event.request.url, isPage(event));
    if (!found) return fetch(event.request);
    if (found instanceof URL) return Response.redirect(found);
    return (await kept.read(found).catch(() => undefined)) ?? this.#restore(found, event);
  }

  async #versionFor(event: FetchEvent): Promise<SiteVersion | null | undefined> {
    const { state } = this.#options;
    const { clientId, resultingClientId } = event;
    if (isPage(event)) {
      await state.refresh();
      if (state.current) await state.adopt([resultingClientId], state.current);
      return state.current;
    }
    await state.load();
    const version = clientId === '' ? await this.#versionOfReferrer(event) : await this.#versionOfClient(clientId);
    if (version !== undefined) await state.adopt([resultingClientId], version);
    return version;
  }

  /** One of which nothing is known was most likely loaded a moment ago, before there was a service worker. */
  async #versionOfClient(clientId: string): Promise<SiteVersion | null | undefined> {
    const { state } = this.#options;
    const known = state.versionOf(clientId);
    if (known === undefined && state.current) await state.adopt([clientId], state.current);
    return known === undefined ? state.current : known;
  }

  /**
   * Chromium does not say which worker asks when a worker has started it, but what its script is called. Where workers
   * of that name are of several versions, it is most likely one that starts just now.
   */
  async #versionOfReferrer({ request: { referrer } }: FetchEvent): Promise<SiteVersion | null | undefined> {
    const { state, clients } = this.#options;
    const askers = (await clients.matchAll({ type: 'all' })).filter(({ url }) => url === referrer);
    const versions = new Set(askers.map(({ id }) => state.versionOf(id)));
    const [version] = versions;
    return versions.size === 1 && version !== undefined ? version : state.current;
  }

  /** A file that was lost, or is kept from its first use on. */
  async #restore(file: ListedFile, event: FetchEvent): Promise<Response> {
    const { listUrl, fetch, clock, kept, state } = this.#options;
    try {
      const answer = await fetchFile({ file, url: addressOf(file, listUrl), fetch, clock });
      // Where there is no room for it, it is an answer all the same.
      event.waitUntil(kept.put(file, answer.clone()).catch(() => undefined));
      return answer;
    } catch (error) {
      if (isPage(event)) {
        const fromServer = await fetch(event.request).catch(() => undefined);
        // A page of another version than the one that is damaged here gets nothing of it.
        if (fromServer) await state.adopt([event.resultingClientId], null);
        if (fromServer) return fromServer;
      }
      return missing(file, error);
    }
  }
}

const isPage = ({ request }: FetchEvent): boolean => request.mode === 'navigate';

const missing = ({ path }: ListedFile, error: unknown): Response =>
  new Response(
    `${path} is missing on this device and cannot be brought back: ${error instanceof Error ? error.message : String(error)}\n` +
      'Connect the device to the network and load the page again.\n',
    { status: 504, headers: { 'content-type': 'text/plain; charset=utf-8' } },
  );
