import { randomName } from '../random-name.js';

/** Tells who is there of those that hold leases: a tab that is reloaded in the middle of a try leaves its lease behind. */
export interface LeaseOwner {
  /** The name under which others see that this one is there; undefined where nobody could. */
  name(): Promise<string | undefined>;
  /** False for one that is gone; undefined where that cannot be told. */
  isThere(name: string): Promise<boolean | undefined>;
  leave(): void;
}

/** Web Locks end with the tab or worker that holds them. They need a secure context. @param options.locks of the browser */
export function createLeaseOwner({ locks }: { readonly locks: LockManager | undefined }): LeaseOwner {
  const leaving = new AbortController();
  let held: Promise<string | undefined> | undefined;

  const hold = (manager: LockManager): Promise<string | undefined> =>
    new Promise((resolve) => {
      const name = `terrace-queue ${randomName()}`;
      const untilLeft = (): Promise<void> => {
        resolve(name);
        return new Promise((left) => leaving.signal.addEventListener('abort', () => left(), { once: true }));
      };
      manager.request(name, { signal: leaving.signal }, untilLeft).catch(() => resolve(undefined));
    });

  return {
    name: async () => (locks ? (held ??= hold(locks)) : undefined),
    async isThere(name) {
      const all = await locks?.query().catch(() => undefined);
      return all?.held?.some((lock) => lock.name === name);
    },
    leave: () => leaving.abort(),
  };
}
