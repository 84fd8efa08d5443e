import fc from 'fast-check';
import { expect, it } from 'vitest';
import { periodOf } from './period.js';

const at = (iso: string): number => Date.parse(iso);
const dates = ({ fromWallMs, toWallMs }: ReturnType<typeof periodOf>): string[] =>
  [fromWallMs, toWallMs].map((wallMs) => new Date(wallMs).toISOString());

it.each([
  ['2028-02-29T23:59:59.999Z', '2028-02-01T00:00:00.000Z', '2028-03-01T00:00:00.000Z'],
  ['2027-02-28T12:00:00Z', '2027-02-01T00:00:00.000Z', '2027-03-01T00:00:00.000Z'],
  ['2026-12-31T23:59:59Z', '2026-12-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'],
  ['2027-01-01T00:00:00Z', '2027-01-01T00:00:00.000Z', '2027-02-01T00:00:00.000Z'],
  ['0004-02-29T00:00:00Z', '0004-02-01T00:00:00.000Z', '0004-03-01T00:00:00.000Z'],
])('a month is as long as the calendar says: %s', (iso, from, to) => {
  expect(dates(periodOf('month', at(iso)))).toEqual([from, to]);
});

it('begins days and hours in UTC', () => {
  const wallMs = at('2026-11-26T04:56:07.5Z');
  expect(dates(periodOf('day', wallMs))).toEqual(['2026-11-26T00:00:00.000Z', '2026-11-27T00:00:00.000Z']);
  expect(dates(periodOf('hour', wallMs))).toEqual(['2026-11-26T04:00:00.000Z', '2026-11-26T05:00:00.000Z']);
});

it('holds every time in exactly one period, which begins where the one before ends', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('hour' as const, 'day' as const, 'month' as const),
      fc.integer({ min: -1e14, max: 1e14 }),
      (period, wallMs) => {
        const { fromWallMs, toWallMs } = periodOf(period, wallMs);
        expect(fromWallMs).toBeLessThanOrEqual(wallMs);
        expect(wallMs).toBeLessThan(toWallMs);
        // Plus 0, which is what the calendar's -0 is otherwise not.
        expect(periodOf(period, toWallMs).fromWallMs + 0).toBe(toWallMs + 0);
        expect(periodOf(period, fromWallMs - 1).toWallMs + 0).toBe(fromWallMs + 0);
      },
    ),
  );
});
