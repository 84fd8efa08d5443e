import type { Crash } from '@terrace/core';
import { delMany, setMany, type UseStore } from 'idb-keyval';
import { crashKey } from './crash-key.js';
import { asOf, crashOf, culpritOf } from './crash-rules.js';
import { isCrash, isMark } from './is-crash.js';

/**
 * Counts what pages have died of, and keeps it.
 * @param kept records of earlier crashes, whatever wrote them
 * @param died what each page was at, whatever wrote it
 * @returns all that count, those whose pause is over included
 */
export async function settleCrashes({
  store,
  kept,
  died,
  nowWallMs,
}: {
  readonly store: UseStore;
  readonly kept: readonly (readonly [string, unknown])[];
  readonly died: readonly unknown[];
  readonly nowWallMs: number;
}): Promise<Crash[]> {
  const crashes = new Map<string, Crash>();
  for (const [key, value] of kept) {
    const crash = isCrash(value) && crashKey(value) === key ? asOf(value, nowWallMs) : undefined;
    if (crash) crashes.set(key, crash);
  }
  for (const marks of died) {
    const culprit = Array.isArray(marks) ? culpritOf(marks.filter(isMark)) : undefined;
    if (!culprit) continue;
    const key = crashKey(culprit);
    crashes.set(key, crashOf(culprit, crashes.get(key), nowWallMs));
  }
  const gone = kept.flatMap(([key]) => (crashes.has(key) ? [] : [key]));
  // What cannot be kept holds for this runtime all the same.
  await Promise.allSettled([setMany([...crashes], store), delMany(gone, store)]);
  return [...crashes.values()];
}
