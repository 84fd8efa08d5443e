import { HOUR_MS } from './period.js';
import { hourOfDay, weekdayOf, type SpendingDays } from './spending-days.js';

/** What is left of an hour. */
export interface HourToCome {
  readonly fromWallMs: number;
  readonly toWallMs: number;
}

/** From now on to the end of a period. */
export function hoursToCome(nowWallMs: number, toWallMs: number): HourToCome[] {
  const hours: HourToCome[] = [];
  for (let from = nowWallMs; from < toWallMs; from = hours.at(-1)!.toWallMs) {
    const next = (Math.floor(from / HOUR_MS) + 1) * HOUR_MS;
    hours.push({ fromWallMs: from, toWallMs: Math.min(next, toWallMs) });
  }
  return hours;
}

export const partOf = ({ fromWallMs, toWallMs }: HourToCome): number => (toWallMs - fromWallMs) / HOUR_MS;

export const expectedIn = (hour: HourToCome, { hourly, profile, weekdays }: SpendingDays): number =>
  partOf(hour) * hourly * profile[hourOfDay(hour.fromWallMs)]! * weekdays[weekdayOf(hour.fromWallMs)]!;
