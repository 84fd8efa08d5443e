import { stat } from 'node:fs/promises';

/** What a file says, read again soon after it changes. */
export interface WatchedFile<T> {
  /** As the file has it now; one that became unreadable leaves it as it was. */
  current(): T;
  close(): void;
}

const LOOK_EVERY_MS = 1000;

/**
 * @param read throws when the file cannot be read: so does this, the first time
 * @param onFailure told of every later time
 */
export async function watchFile<T>(
  file: string,
  {
    read,
    onFailure,
    lookEveryMs = LOOK_EVERY_MS,
  }: { read: (file: string) => Promise<T>; onFailure: (error: unknown) => void; lookEveryMs?: number | undefined },
): Promise<WatchedFile<T>> {
  let seen = await signOf(file);
  let value = await read(file);
  let looking = false;
  const look = async (): Promise<void> => {
    const sign = await signOf(file);
    if (sign === seen) return;
    seen = sign;
    try {
      value = await read(file);
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
  return { current: () => value, close: () => clearInterval(timer) };
}

/** Changes whenever the file is replaced; it is only ever replaced as a whole. */
async function signOf(file: string): Promise<string> {
  const found = await stat(file, { bigint: true }).catch(() => undefined);
  return found ? `${found.ino} ${found.size} ${found.mtimeNs}` : 'gone';
}
