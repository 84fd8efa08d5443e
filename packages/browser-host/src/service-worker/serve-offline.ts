import { systemClock } from '../system-clock.js';
import { KeptFiles } from './kept-files.js';
import { askOf } from './offline-state.js';
import { SiteNews } from './site-news.js';
import { SiteRecords } from './site-records.js';
import { SiteState } from './site-state.js';
import { updateSite } from './site-update.js';
import { Site } from './site.js';
import type { Client, ServiceWorkerScope } from './worker-scope.js';

export interface OfflineOptions {
  /** The list that `terrace precache` writes, relative to the worker's script; `./offline.json` unless given. */
  readonly list?: string;
}

/**
 * Makes a service worker start the pages of its scope without a network. Call it once, while the worker's script runs.
 *
 * Everything the list names is fetched, compared with it and kept; pages come from there, each from one version alone.
 * At every page that is loaded the server's list is looked at, and a newer version fetched aside.
 */
export function serveOffline({ list = './offline.json' }: OfflineOptions = {}): void {
  const worker = self as unknown as ServiceWorkerScope;
  const { clients } = worker;
  const clock = systemClock;
  const scope = worker.registration.scope;
  const name = `terrace-site ${new URL(scope).pathname}`;
  const listUrl = new URL(list, worker.location.href).href;
  const fetch: typeof globalThis.fetch = (...asked) => globalThis.fetch(...asked);
  const state = new SiteState({ records: new SiteRecords({ name, clock }), listUrl, clock });
  const kept = new KeptFiles({ name, listUrl });
  const site = new Site({ listUrl, state, kept, clients, fetch, clock });
  const news = new SiteNews({ scope, state, clients, clock });
  let underWay: Promise<void> | undefined;

  /** Of all who ask for it meanwhile it is one. */
  const update = (): Promise<void> => {
    const { onProgress } = news;
    underWay ??= updateSite({ name, listUrl, state, kept, clients, fetch, clock, onProgress })
      .then(
        () => news.onUpdated(),
        (error: unknown) => {
          news.onUpdated(error);
          throw error;
        },
      )
      .finally(() => (underWay = undefined));
    return underWay;
  };
  const updateAndTell = (): Promise<void> =>
    update()
      .catch(() => undefined)
      .then(() => news.tell());

  const install = async (): Promise<void> => {
    try {
      await update();
    } catch (error) {
      await news.tell();
      // An older version may be here, and goes on; without any there is nothing to serve.
      if (!state.current) throw error;
    }
    // No page gets files of another version because of it: that hangs on the page, not on the worker.
    await worker.skipWaiting();
  };
  const activate = async (): Promise<void> => {
    await clients.claim();
    await state.refresh();
    const ids = (await news.pages()).map(({ id }) => id);
    // They were loaded from the network a moment ago.
    const unknown = ids.filter((id) => state.versionOf(id) === undefined);
    if (state.current) await state.adopt(unknown, state.current);
    await news.tell();
  };
  const reply = async (event: MessageEvent): Promise<void> => {
    await state.load().catch(() => undefined);
    const page = event.source as unknown as Client | null;
    event.ports[0]?.postMessage(news.newsFor(page?.id ?? ''));
  };

  worker.addEventListener('install', (event) => event.waitUntil(install()));
  worker.addEventListener('activate', (event) => event.waitUntil(activate()));
  worker.addEventListener('fetch', (event) => {
    const answer = site.answer(event);
    if (answer) event.respondWith(answer);
    if (event.request.mode === 'navigate') event.waitUntil(Promise.allSettled([answer]).then(updateAndTell));
  });
  worker.addEventListener('message', (event) => {
    const asked = askOf(event.data);
    if (asked === 'update') event.waitUntil(updateAndTell());
    if (asked === 'state') event.waitUntil(reply(event));
  });
}
