import type { Clock } from '@terrace/core';
import { databaseNames } from '../indexed-db/database-names.js';
import { openKeyValueStore } from '../records/key-value-store.js';
import { entries } from '../records/values.js';
import type { Mark } from './mark.js';
import { openMarkFile, type MarkFile } from './mark-file.js';
import type { VisitFacts } from './page-visit.js';
import type { PastCrashes, readPastCrashes } from './past-crashes.js';
import { createStandingMarks, type During } from './standing-marks.js';

/** Where the rules are not to be had, whatever died is left out for so long. */
const UNSETTLED_MS = 60_000;

/** Sees to it that a tier which the page has died of is left out for a while. */
export interface Sentinel {
  /** Undefined where there are none. */
  readonly past: Partial<PastCrashes> | undefined;
  /** Marks work: should the page die meanwhile, the next one finds it. */
  readonly during: During;
  close(): void;
}

/** Loaded when something has died, not at every start. */
export interface CrashesModule {
  readonly readPastCrashes: typeof readPastCrashes;
}

export interface SentinelOptions extends VisitFacts {
  /** Of the folder and the database. */
  readonly name: string;
  readonly clock: Clock;
  readonly load: () => Promise<CrashesModule>;
}

/** Looks for what died before this runtime, and watches over it. It never rejects: where nothing is kept, nobody watches. */
export async function openSentinel({ name, clock, load, ...visit }: SentinelOptions): Promise<Sentinel> {
  const store = openKeyValueStore({ name, clock });
  let past: Partial<PastCrashes> | undefined;
  let file: MarkFile | undefined;
  /** Where nothing ever died there is no database, and none is made to see that. */
  const readKept = async (): Promise<[IDBValidKey, unknown][]> => {
    try {
      // Or under the name it has where its own is taken.
      const isThere = (await databaseNames(clock))?.some((each) => each.startsWith(name)) !== false;
      return isThere ? await entries(store) : [];
    } catch {
      return [];
    }
  };
  const reading = readKept();
  const settle = async (died: readonly string[]): Promise<void> => {
    const kept = await reading;
    if (kept.length + died.length > 0)
      past = await load()
        .then(
          (rules) => rules.readPastCrashes({ store, kept, died, clock }),
          () => unsettled(died, clock),
        )
        // Of half a mark nobody knows what it names.
        .catch(() => undefined);
  };
  try {
    file = await openMarkFile(name, { ...visit, settle });
  } catch {
    await settle([]);
  }
  return {
    past,
    during: createStandingMarks(clock, (marks) => file?.write(marks)),
    close: () => file?.close(),
  };
}

function unsettled(died: readonly string[], clock: Clock): Partial<PastCrashes> {
  const atWallMs = clock.wallMs();
  const untilWallMs = atWallMs + UNSETTLED_MS;
  const crashes = (died.flatMap((marks) => JSON.parse(marks)) as Mark[]).map((mark) => ({
    ...mark,
    timesInARow: 1,
    atWallMs,
    untilWallMs,
  }));
  return { current: () => (clock.wallMs() < untilWallMs ? crashes : []) };
}
