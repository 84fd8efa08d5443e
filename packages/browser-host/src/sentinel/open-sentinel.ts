import type { Clock, Crash } from '@terrace/core';
import { del, entries } from 'idb-keyval';
import { openKeyValueStore } from '../records/key-value-store.js';
import { crashKey } from './crash-key.js';
import type { Mark } from './mark.js';
import { openMarkFile, type MarkFile } from './mark-file.js';
import type { settleCrashes } from './settle-crashes.js';
import { StandingMarks } from './standing-marks.js';

/** Where the rules are not to be had, whatever died is left out for so long. */
const UNSETTLED_MS = 60_000;

/** Sees to it that a tier which the page has died of is left out for a while. */
export interface Sentinel {
  /** What is left out now. */
  crashes(): Crash[];
  /** Marks work: should the page die meanwhile, the next one finds it. @throws what the work throws */
  during<T>(mark: Mark, work: () => Promise<T>): Promise<T>;
  /** It runs well again: the next crash is a first one. */
  proved(mark: Mark): void;
  close(): void;
}

/** Loaded when something has died, not at every start. */
export interface CrashesModule {
  readonly settleCrashes: typeof settleCrashes;
}

export interface SentinelOptions {
  /** Of the folder and the database. */
  readonly name: string;
  /** Of this runtime. */
  readonly owner: string;
  /** Those whose pages were left in an orderly way. */
  readonly left: readonly string[];
  readonly clock: Clock;
  readonly load: () => Promise<CrashesModule>;
}

/** Looks for what died before this runtime, and watches over it. It never rejects: where nothing is kept, nobody watches. */
export async function openSentinel({ name, owner, left, clock, load }: SentinelOptions): Promise<Sentinel> {
  const store = openKeyValueStore({ name, clock });
  let crashes: Crash[] = [];
  let file: MarkFile | undefined;
  const settle = async (died: unknown[]): Promise<void> => {
    const kept = await entries<string, unknown>(store).catch(() => []);
    if (kept.length + died.length === 0) return;
    const now = clock.wallMs();
    crashes = await load().then(
      (rules) => rules.settleCrashes({ store, kept, died, nowWallMs: now }),
      () => unsettled(died as Mark[][], now),
    );
  };
  try {
    file = await openMarkFile(name, { owner, left, settle });
  } catch {
    await settle([]);
  }
  const marks = new StandingMarks(clock, (standing) => file?.write(standing));
  return {
    crashes: () => crashes.filter(({ untilWallMs }) => clock.wallMs() < untilWallMs),
    during: (mark, work) => marks.during(mark, work),
    proved(mark) {
      const key = crashKey(mark);
      if (!crashes.some((crash) => crashKey(crash) === key)) return;
      crashes = crashes.filter((crash) => crashKey(crash) !== key);
      del(key, store).catch(() => undefined);
    },
    close: () => file?.close(),
  };
}

const unsettled = (died: readonly Mark[][], atWallMs: number): Crash[] =>
  died.flat().map((mark) => ({ ...mark, timesInARow: 1, atWallMs, untilWallMs: atWallMs + UNSETTLED_MS }));
