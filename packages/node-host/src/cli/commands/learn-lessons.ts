import { rm } from 'node:fs/promises';
import { InvalidRequestError } from '@terrace/core';
import { keepPaused, type LessonStore } from '@terrace/core/deltas';
import { featuresIn, forgetFeatures } from '../../fit/feature-files.js';
import { createLazyLessons } from '../../learn/lazy-lessons.js';
import { lessonsFile } from '../../learn/lessons-file.js';
import { quarantined } from '../../sqlite/quarantine.js';
import { systemClock } from '../../system-clock.js';
import { EXIT } from '../exit-code.js';
import { print, printJson, warn } from '../output.js';
import { readSettings, type GlobalFlags } from '../settings.js';

export interface ForgetFlags extends GlobalFlags {
  readonly domain?: string;
  /** Milliseconds. */
  readonly older?: number;
  readonly all?: boolean;
}

/** `terrace learn pause` and `resume`: seen by every process of this state folder. */
export async function pauseLearning(paused: boolean, flags: GlobalFlags): Promise<number> {
  return withLessons(flags, async (lessons) => {
    await keepPaused(lessons, paused);
    if (flags.json) printJson({ paused });
    else print(paused ? 'paused: lessons gather, and nothing is fitted or promoted' : 'learning goes on');
    return EXIT.answered;
  });
}

/**
 * `terrace learn forget`: texts of lessons and of answered requests, and what models made of any texts, which comes near
 * to telling them. Deltas that were fitted on them stay.
 */
export async function forgetLessons(flags: ForgetFlags): Promise<number> {
  const { domain, older, all } = flags;
  if ((domain === undefined && older === undefined) === (all !== true)) {
    throw new InvalidRequestError({
      message: 'What to forget is missing, or there is too much of it.',
      hint: 'Write `terrace learn forget` with --domain, --older or both, or with --all.',
    });
  }
  return withLessons(flags, async (lessons) => {
    const forgotten = await lessons.forget({
      ...(domain !== undefined && { domain }),
      ...(older !== undefined && { beforeWallMs: systemClock.wallMs() - older }),
    });
    if (all || forgotten > 0) await forgetFeatures(featuresIn((await readSettings(flags)).home));
    await forgetDamaged(flags);
    if (flags.json) printJson({ forgotten });
    else print(`forgot ${forgotten} ${forgotten === 1 ? 'text' : 'texts'}; deltas hold none of them, and stay`);
    return EXIT.answered;
  });
}

async function forgetDamaged(flags: ForgetFlags): Promise<void> {
  const { home } = await readSettings(flags);
  for (const file of quarantined(lessonsFile(home))) {
    if (flags.all) for (const suffix of ['-wal', '-shm', '']) await rm(file + suffix, { force: true });
    else warn(`${file} is damaged and may hold such texts: \`terrace learn forget --all\` removes it`);
  }
}

/** The lessons alone: no model is loaded. */
export async function withLessons<T>(flags: GlobalFlags, use: (lessons: LessonStore) => Promise<T>): Promise<T> {
  const { home } = await readSettings(flags);
  const lessons = createLazyLessons({
    file: lessonsFile(home),
    clock: systemClock,
    onWarning: ({ message }) => warn(message),
  });
  try {
    return await use(lessons);
  } finally {
    await lessons.close();
  }
}
