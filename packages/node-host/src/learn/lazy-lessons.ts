import type { Clock, StorageError } from '@terrace/core';
import type { LessonStore } from '@terrace/core/deltas';
import { createLazyStore } from '../sqlite/lazy-store.js';
import { lessonsSchema } from './lessons-schema.js';

/** Lessons whose file is made when there is the first one. */
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
  const { use, useIfThere, close } = createLazyStore<LessonStore>({
    noun: lessonsSchema.noun,
    file,
    clock,
    open: async () => (await import('./sqlite-lessons.js')).openSqliteLessons({ file, clock }),
    damagedHint: 'Lessons gather anew: `sqlite3 FILE .recover` shows what can still be read.',
    onWarning,
  });
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
    close,
  };
}
