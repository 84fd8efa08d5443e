import { expect } from 'vitest';
import { growthOf, MOST_OUTCOMES, type KioskDay } from './kiosk-day.js';

const KiB = 2 ** 10;
const MiB = 2 ** 20;

/** How much more of each there may be: what comes and goes, and code that the browser makes better meanwhile. */
const LIMITS = {
  pageHeapBytes: 64 * KiB,
  pageTargets: 2,
  pagePromises: 4,
  pageListeners: 0,
  workerHeapBytes: 384 * KiB,
  workerTargets: 4,
  workerPromises: 8,
  engineWorkers: 0,
  storedBytes: 4 * MiB,
  residentBytes: 40 * MiB,
};

/** Every question had an outcome, nothing was complained of, and nothing has grown. */
export function expectSteady(day: KioskDay): void {
  expect(day.tallies.flatMap(({ failures }) => failures)).toEqual([]);
  expect(day.complaints).toEqual([]);
  for (const { waited, climbed } of day.tallies) expect([waited, climbed > 0]).toEqual([1, true]);
  const growth = growthOf(day);
  const isOver = ([what, limit]: [string, number]): boolean => growth[what]! > limit;
  const tooMuch = Object.entries(LIMITS).filter(isOver);
  expect(tooMuch.map(([what, limit]) => `${what}: ${growth[what]} rather than ${limit} at most`)).toEqual([]);
  // And up to a row of a hundred more.
  expect(day.outcomes).toBeGreaterThanOrEqual(MOST_OUTCOMES);
  expect(day.outcomes).toBeLessThanOrEqual(MOST_OUTCOMES + 100);
}
