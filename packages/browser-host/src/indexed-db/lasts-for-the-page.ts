import { StorageError } from '@terrace/core';
import type { DatabaseName } from './database-failure.js';

/** What an application is told where its browser lets nothing be stored. @param loss what that means for it */
export const lastsForThePage = ({ noun, name }: DatabaseName, loss: string, cause: unknown): StorageError =>
  new StorageError({
    message: `The ${noun} "${name}" cannot be stored: ${loss}.`,
    hint: 'Allow the site to store data: no private window, cookies and site data not blocked.',
    facts: { database: name },
    cause,
  });
