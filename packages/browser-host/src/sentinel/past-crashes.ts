import { EngineError, type Clock, type Crash, type EngineModel } from '@terrace/core';
import { del, delMany, setMany, type UseStore } from 'idb-keyval';
import { asOf, crashOf, culpritOf, type KeptCrash } from './crash-rules.js';
import { isCrash, isMark } from './is-crash.js';
import type { Mark } from './mark.js';

/** What pages before this one have died of. */
export interface PastCrashes {
  /** What is left out now. */
  current(): Crash[];
  /** Whoever asks: a self-test or a race takes other ways than a plan. @throws EngineError for what is left out now */
  requireAllowed(model: Pick<EngineModel, 'variantId' | 'modelId' | 'provider'>): void;
  /** Whether it may be loaded before anybody has asked for it. */
  mayLoadAhead(model: Pick<EngineModel, 'variantId' | 'provider'>): boolean;
  /** It runs well again: the next crash is a first one. */
  proved(mark: Mark): void;
}

/**
 * Counts what pages have died of, and keeps it.
 * @param kept records of earlier crashes, whatever wrote them
 * @param died what each page was at, whatever wrote it
 */
export async function readPastCrashes({
  store,
  kept,
  died,
  clock,
}: {
  readonly store: UseStore;
  readonly kept: readonly (readonly [IDBValidKey, unknown])[];
  readonly died: readonly string[];
  readonly clock: Pick<Clock, 'wallMs'>;
}): Promise<PastCrashes> {
  const crashes = new Map<string, KeptCrash>();
  for (const [key, value] of kept) {
    const crash = isCrash(value) && keyOf(value) === key ? asOf(value, clock.wallMs()) : undefined;
    if (crash) crashes.set(keyOf(crash), crash);
  }
  for (const marks of died) {
    const culprit = culpritOf(readMarks(marks));
    if (culprit) crashes.set(keyOf(culprit), crashOf(culprit, crashes.get(keyOf(culprit)), clock.wallMs()));
  }
  const gone = kept.flatMap(([key]) => (crashes.has(key as string) ? [] : [key]));
  // What cannot be kept holds for this runtime all the same.
  await Promise.allSettled([setMany([...crashes], store), delMany(gone, store)]);
  const paused = (): KeptCrash[] => [...crashes.values()].filter(({ untilWallMs }) => clock.wallMs() < untilWallMs);
  const current = (): Crash[] => paused().filter(({ isAhead }) => isAhead !== true);
  return {
    current,
    requireAllowed(model) {
      const crash = current().find((each) => keyOf(each) === keyOf(model));
      if (crash) throw isLeftOut(model, crash);
    },
    mayLoadAhead: (model) => !paused().some((each) => keyOf(each) === keyOf(model)),
    proved(mark) {
      if (crashes.delete(keyOf(mark))) del(keyOf(mark), store).catch(() => undefined);
    },
  };
}

const keyOf = ({ variantId, provider }: Pick<Crash, 'variantId' | 'provider'>): string => `${variantId} ${provider}`;

/** A machine that went down may have kept half of it. */
function readMarks(text: string): Mark[] {
  try {
    const marks: unknown = JSON.parse(text);
    return Array.isArray(marks) ? marks.filter(isMark) : [];
  } catch {
    return [];
  }
}

const isLeftOut = (
  { modelId, provider }: Pick<EngineModel, 'modelId' | 'provider'>,
  { untilWallMs }: Crash,
): EngineError =>
  new EngineError({
    message: `${modelId} is not loaded with ${provider}: the page has died of it.`,
    hint: `Ask again later: it is tried at ${new Date(untilWallMs).toISOString()}.`,
    facts: { model: modelId, provider },
  });
