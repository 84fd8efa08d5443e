import type { Clock } from '@terrace/core';
import { inTime } from '../indexed-db/in-time.js';
import { isOurs, type StoredThing, type Wiped } from './stored-thing.js';

/** What holds a file is closed a little after its worker has ended; a database goes when all its connections have. */
const LIMIT_MS = 3000;
const PAUSE_MS = 100;

/** One place where things are stored. */
interface Place {
  readonly kind: StoredThing['kind'];
  /** Rejects, and throws nothing at once, where the browser withholds it. */
  names(): Promise<readonly string[]>;
  /** Rejects where it cannot be removed. */
  remove(name: string): Promise<unknown>;
}

/** Where a browser that does not tell the names of databases may have ours. */
const DATABASES = [
  'store',
  'ledger',
  'queue',
  'rates',
  'self-tests',
  'crashes',
  'revisions',
  'features',
  'cache',
  'documents',
].map((each) => `terrace-${each}`);

/** Removes all that is ours of the origin's files, databases and caches, and nothing else. Never rejects. */
export async function sweep(clock: Pick<Clock, 'sleep' | 'nowMs'>): Promise<Wiped> {
  const removed: StoredThing[] = [];
  const left: (StoredThing & { readonly reason: string })[] = [];
  const removeFrom = async ({ kind, names, remove }: Place): Promise<void> => {
    // What a browser withholds holds nothing.
    const ours = (await names().catch((): readonly string[] => [])).filter(isOurs);
    await Promise.all(
      ours.map(async (name) => {
        const reason = await whyNot(clock, () => remove(name));
        if (reason === undefined) removed.push({ kind, name });
        else left.push({ kind, name, reason });
      }),
    );
  };
  await Promise.all([files, databases, cached].map(removeFrom));
  return { removed, left };
}

/** Tries as long as there is time. @returns undefined when it worked */
async function whyNot(
  clock: Pick<Clock, 'sleep' | 'nowMs'>,
  remove: () => Promise<unknown>,
): Promise<string | undefined> {
  const untilMs = clock.nowMs() + LIMIT_MS;
  for (;;) {
    try {
      const leftMs = Math.max(PAUSE_MS, untilMs - clock.nowMs());
      const isDone = await inTime(
        clock,
        leftMs,
        remove().then(() => true),
      );
      return isDone ? undefined : 'it is still open in another tab, and goes when that is closed';
    } catch (error) {
      if (clock.nowMs() >= untilMs) return error instanceof Error ? error.message : String(error);
      await clock.sleep(PAUSE_MS);
    }
  }
}

const files: Place = {
  kind: 'files',
  async names() {
    const names: string[] = [];
    for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name);
    return names;
  },
  remove: async (name) => (await navigator.storage.getDirectory()).removeEntry(name, { recursive: true }),
};

const databases: Place = {
  kind: 'database',
  async names() {
    if (typeof indexedDB.databases !== 'function') return DATABASES;
    return (await indexedDB.databases()).flatMap(({ name = '' }) => name);
  },
  remove: (name) =>
    new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(name);
      request.addEventListener('success', resolve);
      request.addEventListener('error', () => reject(request.error));
    }),
};

const cached: Place = {
  kind: 'cache',
  names: async () => caches.keys(),
  remove: async (name) => caches.delete(name),
};
