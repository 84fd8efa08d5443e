import { existsSync } from 'node:fs';
import { StorageError, type Clock } from '@terrace/core';
import type { LessonStore } from '@terrace/core/deltas';
import { isCorrupt } from '../sqlite/database-failure.js';
import { identityOf, wasMoved } from '../sqlite/moved-file.js';
import { quarantine } from '../sqlite/quarantine.js';
import { lessonsSchema } from './lessons-schema.js';

const { noun } = lessonsSchema;

/**
 * Lessons whose file is made when there is the first one. A damaged file is set aside and a new one is started; one
 * that was moved or removed is made anew.
 */
export function createLazyLessons({
  file,
  clock,
  onWarning,
}: {
  readonly file: string;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Told of a damaged file that was set aside. */
  readonly onWarning: (warning: StorageError) => void;
}): LessonStore {
  let opening: Promise<LessonStore> | undefined;

  const open = async (): Promise<LessonStore> => {
    const { openSqliteLessons } = await import('./sqlite-lessons.js');
    const found = identityOf(file);
    try {
      return await openSqliteLessons({ file, clock });
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      setAside(found, error);
      return openSqliteLessons({ file, clock });
    }
  };
  const setAside = (damaged: string | undefined, cause: unknown): void => {
    const aside = quarantine({ noun, file, damaged, wallMs: clock.wallMs() });
    if (aside !== undefined) onWarning(wasSetAside({ file, aside, cause }));
  };
  const opened = async (): Promise<LessonStore> => {
    opening ??= open();
    const mine = opening;
    try {
      return await mine;
    } catch (error) {
      if (opening === mine) opening = undefined;
      throw error;
    }
  };
  /** Once more, on another file, where the file itself is at fault. */
  const use = async <T>(operation: (store: LessonStore) => Promise<T>): Promise<T> => {
    const store = await opened();
    try {
      return await operation(store);
    } catch (error) {
      if (!isCorrupt(error) && !wasMoved(error)) throw error;
      opening = undefined;
      if (isCorrupt(error)) setAside(identityOf(file), error);
      await store.close();
      return operation(await opened());
    }
  };
  /** @param otherwise what is true while nothing was ever kept */
  const useIfThere = async <T>(otherwise: T, operation: (store: LessonStore) => Promise<T>): Promise<T> =>
    opening || existsSync(file) ? use(operation) : otherwise;

  return {
    add: (lessons) => use((store) => store.add(lessons)),
    list: (query) => useIfThere([], (store) => store.list(query)),
    count: (query) => useIfThere([], (store) => store.count(query)),
    remember: (asked) => use((store) => store.remember(asked)),
    asked: (requestId) => useIfThere(undefined, (store) => store.asked(requestId)),
    forget: (what) => useIfThere(0, (store) => store.forget(what)),
    tally: (counts) => use((store) => store.tally(counts)),
    tallies: (domain) => useIfThere([], (store) => store.tallies(domain)),
    note: (name) => useIfThere(undefined, (store) => store.note(name)),
    keepNote: (name, json) => use((store) => store.keepNote(name, json)),
    close: async () => (await opening?.catch(() => undefined))?.close(),
  };
}

const wasSetAside = ({ file, aside, cause }: { file: string; aside: string; cause: unknown }): StorageError =>
  new StorageError({
    message: `The lesson store ${file} is damaged. It was set aside as ${aside}, and a new one was started.`,
    hint: 'Lessons gather anew: `sqlite3 FILE .recover` shows what can still be read.',
    facts: { file, aside },
    cause,
  });
