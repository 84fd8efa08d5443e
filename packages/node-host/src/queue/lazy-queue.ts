import { existsSync } from 'node:fs';
import { StorageError, type Clock, type Queue } from '@terrace/core';
import { isCorrupt } from '../sqlite/database-failure.js';
import { identityOf, wasMoved } from '../sqlite/moved-file.js';
import { quarantine } from '../sqlite/quarantine.js';

export interface LazyQueueOptions {
  readonly file: string;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Opens the queue of this file. */
  readonly open: () => Promise<Queue>;
  /** Told of a damaged file that was set aside. */
  readonly onWarning?: (warning: StorageError) => void;
}

/**
 * A queue whose file is made when the first request has to wait, and opened when there is one: a device that never
 * loses its network pays nothing for it. A damaged file is set aside and a new one is started; one that was moved or
 * removed is made anew.
 */
export function createLazyQueue({ file, clock, open, onWarning = () => undefined }: LazyQueueOptions): Queue {
  let opening: Promise<Queue> | undefined;
  let isClosed = false;

  const setAside = (damaged: string | undefined, cause: unknown): void => {
    const aside = quarantine({ noun: 'queue', file, damaged, wallMs: clock.wallMs() });
    if (aside !== undefined) onWarning(wasSetAside({ file, aside, cause }));
  };
  const openFile = async (): Promise<Queue> => {
    const found = identityOf(file);
    try {
      return await open();
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      setAside(found, error);
      return open();
    }
  };
  const opened = async (): Promise<Queue> => {
    if (isClosed) throw closed(file);
    opening ??= openFile();
    const mine = opening;
    try {
      return await mine;
    } catch (error) {
      if (opening === mine) opening = undefined;
      throw error;
    }
  };
  /** Lets go of a file that is at fault itself. @returns whether it is */
  const leave = async (queue: Queue, error: unknown): Promise<boolean> => {
    if (isClosed || !(isCorrupt(error) || wasMoved(error))) return false;
    const damaged = isCorrupt(error) ? identityOf(file) : undefined;
    if ((await opening?.catch(() => undefined)) === queue) {
      opening = undefined;
      setAside(damaged, error);
      await queue.close();
    }
    return true;
  };
  /** Once more, on another file, where the file itself is at fault. */
  const use = async <T>(operation: (queue: Queue) => Promise<T>): Promise<T> => {
    const queue = await opened();
    try {
      return await operation(queue);
    } catch (error) {
      if (!(await leave(queue, error))) throw error;
      return operation(await opened());
    }
  };
  /** @param otherwise what is true while nothing was ever queued */
  const useIfThere = async <T>(otherwise: T, operation: (queue: Queue) => Promise<T>): Promise<T> => {
    if (isClosed) throw closed(file);
    return opening || existsSync(file) ? use(operation) : otherwise;
  };

  return {
    add: (queued) => use((queue) => queue.add(queued)),
    claim: (leaseMs) => useIfThere(undefined, (queue) => queue.claim(leaseMs)),
    finish: (claim, ending) => useIfThere(false, (queue) => queue.finish(claim, ending)),
    release: (claim) => useIfThere(undefined, (queue) => queue.release(claim)),
    read: (requestId) => useIfThere(undefined, (queue) => queue.read(requestId)),
    list: (query) => useIfThere([], (queue) => queue.list(query)),
    waiting: () => useIfThere(0, (queue) => queue.waiting()),
    forget: (requestId) => useIfThere(false, (queue) => queue.forget(requestId)),
    forgetEnded: (beforeWallMs) => useIfThere(0, (queue) => queue.forgetEnded(beforeWallMs)),
    async close() {
      isClosed = true;
      const queue = await opening?.catch(() => undefined);
      await queue?.close();
    },
  };
}

const closed = (file: string): StorageError =>
  new StorageError({
    message: `The queue ${file} is closed`,
    hint: 'Create another runtime.',
    facts: { file, sqliteCode: 'CLIENT_CLOSED' },
  });

const wasSetAside = ({ file, aside, cause }: { file: string; aside: string; cause: unknown }): StorageError =>
  new StorageError({
    message: `The queue ${file} is damaged. It was set aside as ${aside}, and a new one was started.`,
    hint: 'What waited in it is not answered: `sqlite3 FILE .recover` shows what can still be read.',
    facts: { file, aside },
    cause,
  });
