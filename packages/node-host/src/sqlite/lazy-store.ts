import { existsSync } from 'node:fs';
import { StorageError, type Clock } from '@terrace/core';
import { isCorrupt, type DatabaseName } from './database-failure.js';
import { identityOf, wasMoved, type FileIdentity } from './moved-file.js';
import { quarantine } from './quarantine.js';

export interface LazyStoreOptions<S> extends DatabaseName {
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Opens the store of this file. */
  readonly open: () => Promise<S>;
  /** What becomes of what was in a damaged file. */
  readonly damagedHint: string;
  /** Told of a damaged file that was set aside. */
  readonly onWarning?: ((warning: StorageError) => void) | undefined;
}

/** A store behind one file. */
export interface LazyStore<S> {
  /** Opens it where it is not open; once more, on another file, where the file itself is at fault. */
  use<T>(operation: (store: S) => Promise<T>): Promise<T>;
  /** @param otherwise what is true while nothing was ever kept */
  useIfThere<T>(otherwise: T, operation: (store: S) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * A store whose file is made when it is first needed, and opened when there is one: who needs none pays nothing for it. A
 * damaged file is set aside and a new one is started; one that was moved or removed is made anew.
 */
export function createLazyStore<S extends { close(): Promise<void> }>({
  noun,
  file,
  clock,
  open,
  damagedHint,
  onWarning = () => undefined,
}: LazyStoreOptions<S>): LazyStore<S> {
  let opening: Promise<S> | undefined;
  let isClosed = false;

  const setAside = (damaged: FileIdentity | undefined, cause: unknown): void => {
    const aside = quarantine({ noun, file, damaged, wallMs: clock.wallMs() });
    if (aside === undefined) return;
    onWarning(
      new StorageError({
        message: `The ${noun} ${file} is damaged. It was set aside as ${aside}, and a new one was started.`,
        hint: damagedHint,
        facts: { file, aside },
        cause,
      }),
    );
  };
  const openFile = async (): Promise<S> => {
    const found = identityOf(file);
    try {
      return await open();
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      setAside(found, error);
      return open();
    }
  };
  const requireOpen = (): void => {
    if (!isClosed) return;
    throw new StorageError({
      message: `The ${noun} ${file} is closed`,
      hint: 'Create another runtime.',
      facts: { file, sqliteCode: 'CLIENT_CLOSED' },
    });
  };
  const opened = async (): Promise<S> => {
    requireOpen();
    opening ??= openFile();
    const mine = opening;
    try {
      return await mine;
    } catch (error) {
      if (opening === mine) opening = undefined;
      throw error;
    }
  };
  /** Lets go of a file that is at fault itself, once for all who found it so. @returns whether it is */
  const leave = async (store: S, error: unknown): Promise<boolean> => {
    if (isClosed || !(isCorrupt(error) || wasMoved(error))) return false;
    const damaged = isCorrupt(error) ? identityOf(file) : undefined;
    if ((await opening?.catch(() => undefined)) === store) {
      opening = undefined;
      setAside(damaged, error);
      await store.close();
    }
    return true;
  };
  const use = async <T>(operation: (store: S) => Promise<T>): Promise<T> => {
    const store = await opened();
    try {
      return await operation(store);
    } catch (error) {
      if (!(await leave(store, error))) throw error;
      return operation(await opened());
    }
  };

  return {
    use,
    async useIfThere(otherwise, operation) {
      requireOpen();
      return opening || existsSync(file) ? use(operation) : otherwise;
    },
    async close() {
      isClosed = true;
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}
