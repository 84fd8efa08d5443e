import { StorageError } from '@terrace/core';

export interface StorageState {
  /** What the browser lets this origin still store. */
  readonly freeBytes: number;
  /** Whether it has promised to keep what is stored. */
  readonly persisted: boolean;
}

/** Zeroes where the browser does not tell: then nothing is stored either, or it shows when it is written. */
export async function storageState(): Promise<StorageState> {
  const [free, persisted] = await Promise.all([
    freeBytes(),
    Promise.resolve(navigator.storage?.persisted?.()).catch(() => false),
  ]);
  return { freeBytes: free ?? 0, persisted: persisted ?? false };
}

/** @throws StorageError when the browser says that so many more bytes cannot be stored */
export async function requireRoom(bytes: number): Promise<void> {
  const free = await freeBytes();
  if (free === undefined || bytes <= free) return;
  throw new StorageError({
    message: `The browser lets this site store ${free} more bytes, and ${bytes} are needed.`,
    hint: 'Free some disk space, or let the site have more of it.',
    facts: { reason: 'QuotaExceededError', bytes, freeBytes: free },
  });
}

/** Undefined where the browser does not tell. */
async function freeBytes(): Promise<number | undefined> {
  try {
    const { quota, usage = 0 } = await navigator.storage.estimate();
    return quota === undefined ? undefined : Math.max(0, quota - usage);
  } catch {
    return undefined;
  }
}
