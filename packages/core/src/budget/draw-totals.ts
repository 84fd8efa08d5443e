import type { Random } from '../ports/random.js';
import { drawGamma } from './draw-gamma.js';
import { partOf, type HourToCome } from './hours-to-come.js';
import { byDay, hourOfDay, weekdayOf, type SpendingDays } from './spending-days.js';

export const DRAWS = 1000;
/** What is known of how days differ before any was seen: as much as two days say, of a coefficient of variation of .4. */
const PRIOR_DEGREES = 2;
const PRIOR_VARIATION = 0.16;

interface DrawInput {
  readonly shape: SpendingDays;
  readonly path: readonly HourToCome[];
  readonly random: Random;
}

/** What the hours to come may take: as many draws as are made. */
export function drawTotals({ shape, path, random }: DrawInput): number[] {
  const { days, weekdays } = shape;
  const known = days.reduce((sum, { weight }) => sum + weight, 0);
  const toCome = byDay(path).map((part) => ({
    weekday: weekdays[weekdayOf(part[0]!.fromWallMs)]!,
    // By day of the past.
    amounts: days.map(({ hours }) =>
      part.reduce((sum, hour) => sum + partOf(hour) * hours[hourOfDay(hour.fromWallMs)]!, 0),
    ),
  }));
  const factor = createFactor(shape, known, path.reduce((sum, hour) => sum + partOf(hour), 0) / 24, random);
  const heaviest = Math.max(...days.map(({ weight }) => weight));
  return Array.from({ length: DRAWS }, () => {
    let rest = 0;
    for (const { weekday, amounts } of toCome) rest += weekday * amounts[drawDay(days, heaviest, random)]!;
    return rest * factor();
  });
}

/** A day of the past; one that was seen in part as much less often. */
function drawDay(days: SpendingDays['days'], heaviest: number, random: Random): number {
  for (;;) {
    const day = Math.floor(random() * days.length);
    if (random() * heaviest <= days[day]!.weight) return day;
  }
}

/** Factors with the mean 1: the error of a mean of so few days, and what days differ by more than those that were seen. */
function createFactor({ days, hourly, kinds }: SpendingDays, known: number, ahead: number, random: Random) {
  const mean = 24 * hourly;
  const squares = days.reduce((sum, { weight, hours }) => {
    const total = hours.reduce((all, each) => all + each, 0);
    return sum + weight * (total / mean - 1) ** 2;
  }, 0);
  const degrees = PRIOR_DEGREES + Math.max(0, known - kinds);
  const scale = PRIOR_DEGREES * PRIOR_VARIATION + squares;
  return (): number => {
    const variation = scale / (2 * drawGamma(degrees / 2, random));
    const variance = variation / known + Math.max(0, variation - squares / known) / Math.max(ahead, 1 / 24);
    return drawGamma(1 / variance, random) * variance;
  };
}
