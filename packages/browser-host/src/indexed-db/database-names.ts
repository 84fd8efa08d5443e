import type { Clock } from '@terrace/core';
import { inTime } from './in-time.js';

const LIMIT_MS = 1000;

/**
 * The names of the origin's databases, none of which is opened for that; undefined where the browser does not tell.
 * @throws what the browser says where it lets the site store nothing
 */
export async function databaseNames(clock: Pick<Clock, 'sleep'>): Promise<readonly string[] | undefined> {
  if (typeof indexedDB.databases !== 'function') return undefined;
  const found = await inTime(clock, LIMIT_MS, indexedDB.databases());
  return found?.flatMap(({ name }) => (name === undefined ? [] : [name]));
}
