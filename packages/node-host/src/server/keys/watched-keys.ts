import { stat } from 'node:fs/promises';
import { readKeys } from './keys-file.js';
import type { ServerKey } from './server-key.js';

export interface WatchedKeys {
  /** As the file has them now; a file that became unreadable leaves them as they were. */
  current(): readonly ServerKey[];
  close(): void;
}

const LOOK_EVERY_MS = 1000;

/**
 * Reads a keys file, and reads it again soon after it changes.
 * @throws ArtifactMissingError, InvalidCatalogError
 */
export async function watchKeys(
  file: string,
  { onFailure, lookEveryMs = LOOK_EVERY_MS }: { onFailure: (error: unknown) => void; lookEveryMs?: number },
): Promise<WatchedKeys> {
  let seen = await signOf(file);
  let keys = await readKeys(file);
  let looking = false;
  const look = async (): Promise<void> => {
    const sign = await signOf(file);
    if (sign === seen) return;
    seen = sign;
    try {
      keys = await readKeys(file);
    } catch (error) {
      onFailure(error);
    }
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => (looking = false));
  }, lookEveryMs);
  timer.unref();
  return { current: () => keys, close: () => clearInterval(timer) };
}

/** Changes whenever the file is replaced; it is only ever replaced as a whole. */
async function signOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found ? `${found.ino} ${found.size} ${found.mtimeNs}` : 'gone';
}
