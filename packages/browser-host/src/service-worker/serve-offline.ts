import { TerraceError } from '@terrace/core';
import { systemClock } from '../system-clock.js';
import { KeptFiles } from './kept-files.js';
import { askOf, type OfflineNews, type OfflineProblem, type OfflineState } from './offline-state.js';
import { SiteRecords } from './site-records.js';
import { SiteState } from './site-state.js';
import { updateSite } from './site-update.js';
import { Site } from './site.js';
import type { Client, ServiceWorkerScope } from './worker-scope.js';

export interface OfflineOptions {
  /** The list that `terrace precache` writes, relative to the worker's script; `./offline.json` unless given. */
  readonly list?: string;
}

/** Pages are told of progress so often. */
const PROGRESS_MS = 250;

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
  const records = new SiteRecords({ name, clock });
  const state = new SiteState({ records, listUrl, clock });
  const kept = new KeptFiles({ name, listUrl });
  const site = new Site({ listUrl, state, kept, clients, fetch, clock });
  let underWay: Promise<void> | undefined;
  let fetching: OfflineState['fetching'];
  let problem: OfflineProblem | undefined;
  let toldAtMs = -Infinity;

  const stateFor = ({ id }: Pick<Client, 'id'>): OfflineState => {
    const [version, pageVersion] = [state.current?.id, state.versionOf(id)?.id];
    return {
      ...(version !== undefined && { version }),
      ...(pageVersion !== undefined && { pageVersion }),
      ...(fetching && { fetching }),
      ...(problem && { problem }),
    };
  };
  const pages = async (): Promise<readonly Client[]> =>
    (await clients.matchAll({ includeUncontrolled: true, type: 'window' })).filter(({ url }) => url.startsWith(scope));
  const tell = async (): Promise<void> => {
    for (const page of await pages()) page.postMessage({ terraceOffline: stateFor(page) } satisfies OfflineNews);
  };
  const onProgress = (progress: OfflineState['fetching']): void => {
    fetching = progress;
    if (clock.nowMs() - toldAtMs < PROGRESS_MS) return;
    toldAtMs = clock.nowMs();
    void tell();
  };
  const look = async (): Promise<void> => {
    try {
      await updateSite({ name, listUrl, state, kept, clients, fetch, clock, onProgress });
      problem = undefined;
    } catch (error) {
      problem = problemOf(error);
      throw error;
    } finally {
      fetching = undefined;
    }
  };
  const update = (): Promise<void> => (underWay ??= look().finally(() => (underWay = undefined)));
  const updateAndTell = (): Promise<void> =>
    update()
      .catch(() => undefined)
      .then(tell);

  worker.addEventListener('install', (event) => {
    const install = async (): Promise<void> => {
      try {
        await update();
      } catch (error) {
        await tell();
        // An older version may be here, and goes on; without any there is nothing to serve.
        if (!state.current) throw error;
      }
      // No page gets files of another version because of it: that hangs on the page, not on the worker.
      await worker.skipWaiting();
    };
    event.waitUntil(install());
  });
  worker.addEventListener('activate', (event) => {
    const activate = async (): Promise<void> => {
      await clients.claim();
      await state.refresh();
      const unknown = (await pages()).map(({ id }) => id).filter((id) => state.versionOf(id) === undefined);
      if (state.current) await state.adopt(unknown, state.current);
      await tell();
    };
    event.waitUntil(activate());
  });
  worker.addEventListener('fetch', (event) => {
    const answer = site.answer(event);
    if (answer) event.respondWith(answer);
    if (event.request.mode === 'navigate') event.waitUntil(Promise.allSettled([answer]).then(updateAndTell));
  });
  worker.addEventListener('message', (event) => {
    const asked = askOf(event.data);
    if (!asked) return;
    if (asked === 'update') return event.waitUntil(updateAndTell());
    const reply = async (): Promise<void> => {
      await state.load().catch(() => undefined);
      const id = (event.source as unknown as Client | null)?.id ?? '';
      event.ports[0]?.postMessage({ terraceOffline: stateFor({ id }) } satisfies OfflineNews);
    };
    event.waitUntil(reply());
  });
}

function problemOf(error: unknown): OfflineProblem {
  if (!TerraceError.isInstance(error))
    return { code: 'INTERNAL', message: String(error), hint: 'Load the page again.' };
  const { code, message, hint } = error;
  return { code, message, hint };
}
