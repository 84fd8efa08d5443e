import type { RuntimeSettings } from '../worker/protocol.js';
import { createLeaderLock } from './leader-lock.js';
import type { TabGroup } from './runtime-link.js';

/**
 * The tabs of this site whose runtimes would be the same.
 * @returns undefined where the browser withholds what tabs agree by, as from a page without encryption, or that may store nothing
 */
export async function tabGroup(settings: RuntimeSettings): Promise<TabGroup | undefined> {
  // What types promise is there in secure contexts only.
  const { locks } = navigator as Partial<Navigator>;
  const { subtle } = crypto as Partial<Crypto>;
  if (!locks || !subtle) return undefined;
  const bytes = new TextEncoder().encode(JSON.stringify(settings));
  try {
    // Firefox has locks that it refuses where the site may store nothing.
    const [digest] = await Promise.all([subtle.digest('SHA-256', bytes), locks.query()]);
    const name = `terrace-tabs ${Array.from(new Uint8Array(digest, 0, 16), (byte) => byte.toString(16)).join('')}`;
    return { name, lock: createLeaderLock(locks, name) };
  } catch {
    return undefined;
  }
}
