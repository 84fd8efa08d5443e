import { resolve } from '../page/check-options.js';
import { missing, openWorker } from '../page/start-worker.js';
import { isOurs, type StoredThing, type Wiped } from './stored-thing.js';

/**
 * Removes everything that Terrace has stored for this site (models, catalog, ledger, what waits in the queue, settings),
 * and nothing else. The runtimes of all tabs are closed first; one that is made meanwhile waits. Service workers are the
 * site's own and stay, without what Terrace had cached for them.
 * @param options.assetsUrl as for `createBrowserRuntime`
 * @throws AssetsMissingError when the script that does it is not there
 */
export async function wipe({ assetsUrl }: { readonly assetsUrl?: string | URL } = {}): Promise<Wiped> {
  const url =
    assetsUrl === undefined
      ? new URL('./wipe-worker.js', import.meta.url)
      : new URL('wipe-worker.js', resolve(`${assetsUrl}/`));
  const worker = openWorker(url.href, 'terrace-wipe');
  try {
    const { removed, left } = await new Promise<Wiped>((done, reject) => {
      worker.addEventListener('message', ({ data }: MessageEvent<Wiped>) => done(data));
      worker.addEventListener('error', ({ message }) => reject(missing(url.href, message)));
    });
    return { removed: [...removed, ...removeKeys()], left };
  } finally {
    worker.terminate();
  }
}

/** Of what only pages can reach. */
function removeKeys(): StoredThing[] {
  try {
    const keys = Object.keys(localStorage).filter(isOurs);
    for (const key of keys) localStorage.removeItem(key);
    return keys.map((name) => ({ kind: 'key', name }));
  } catch {
    // A browser that withholds them keeps none.
    return [];
  }
}
