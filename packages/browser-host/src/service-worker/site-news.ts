import { TerraceError, type Clock } from '@terrace/core';
import type { OfflineNews, OfflineProblem, OfflineState } from './offline-state.js';
import type { SiteState } from './site-state.js';
import type { Client, Clients } from './worker-scope.js';

/** Pages are told of progress so often. */
const PROGRESS_MS = 250;

interface NewsOptions {
  /** Address that all pages of the site begin with. */
  readonly scope: string;
  readonly state: SiteState;
  readonly clients: Pick<Clients, 'matchAll'>;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** What pages are told: each its own version, and how an update goes. */
export class SiteNews {
  readonly #options: NewsOptions;
  #fetching: OfflineState['fetching'];
  #problem: OfflineProblem | undefined;
  #toldAtMs = -Infinity;

  constructor(options: NewsOptions) {
    this.#options = options;
  }

  readonly onProgress = (progress: OfflineState['fetching']): void => {
    this.#fetching = progress;
    const now = this.#options.clock.nowMs();
    if (now - this.#toldAtMs < PROGRESS_MS) return;
    this.#toldAtMs = now;
    void this.tell();
  };

  /** @param error why the update brought nothing; none when it ended well */
  onUpdated(error?: unknown): void {
    this.#fetching = undefined;
    this.#problem = error === undefined ? undefined : problemOf(error);
  }

  /** @param id of the page's client */
  newsFor(id: string): OfflineNews {
    const { state } = this.#options;
    const [version, pageVersion] = [state.current?.id, state.versionOf(id)?.id];
    return {
      terraceOffline: {
        ...(version !== undefined && { version }),
        ...(pageVersion !== undefined && { pageVersion }),
        ...(this.#fetching && { fetching: this.#fetching }),
        ...(this.#problem && { problem: this.#problem }),
      },
    };
  }

  async tell(): Promise<void> {
    for (const page of await this.pages()) page.postMessage(this.newsFor(page.id));
  }

  /** Those as well that were loaded before there was a service worker. */
  async pages(): Promise<readonly Client[]> {
    const { clients, scope } = this.#options;
    const all = await clients.matchAll({ includeUncontrolled: true, type: 'window' });
    return all.filter(({ url }) => url.startsWith(scope));
  }
}

function problemOf(error: unknown): OfflineProblem {
  if (!TerraceError.isInstance(error))
    return { code: 'INTERNAL', message: String(error), hint: 'Load the page again.' };
  const { code, message, hint } = error;
  return { code, message, hint };
}
