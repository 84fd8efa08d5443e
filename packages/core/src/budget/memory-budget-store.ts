import { HOUR_MS } from './period.js';
import { hasRoom, requireReservable, requireSettleable } from './require-amounts.js';
import type { BudgetStore, PeriodLimit, ReservationAsk } from '../ports/budget-store.js';

type Period = Pick<PeriodLimit, 'budgetId' | 'fromWallMs'>;

const keyOf = ({ budgetId, fromWallMs }: Period): string => `${fromWallMs} ${budgetId}`;

/** Spending that ends with the process: where nothing can be stored, for tests, and the plainest statement of what a store does. */
export function createMemoryBudgetStore(): BudgetStore {
  const spent = new Map<string, number>();
  const hours = new Map<string, Period & { readonly amount: number }>();
  const reservations = new Map<string, ReservationAsk>();

  const reservedOf = (period: Period): number => {
    const key = keyOf(period);
    let sum = 0;
    for (const { periods, amounts } of reservations.values())
      for (const each of periods) if (keyOf(each) === key) sum += amounts[each.unit];
    return sum;
  };
  const spentOf = (period: Period): number => spent.get(keyOf(period)) ?? 0;

  return {
    async reserve(ask) {
      requireReservable(ask);
      if (reservations.has(ask.id)) return undefined;
      const full = ask.periods.find(
        (period) => !hasRoom(spentOf(period) + reservedOf(period), ask.amounts[period.unit], period.limit),
      );
      if (!full)
        reservations.set(ask.id, {
          ...ask,
          amounts: { ...ask.amounts },
          periods: ask.periods.map((each) => ({ ...each })),
        });
      return full;
    },
    async settle(id, amounts) {
      requireSettleable(amounts);
      const reserved = reservations.get(id);
      if (!reserved) return;
      reservations.delete(id);
      for (const { budgetId, fromWallMs, unit } of reserved.periods) {
        if (amounts[unit] === 0) continue;
        const period = { budgetId, fromWallMs };
        spent.set(keyOf(period), spentOf(period) + amounts[unit]);
        const hour = { budgetId, fromWallMs: Math.floor(reserved.atWallMs / HOUR_MS) * HOUR_MS };
        const before = hours.get(keyOf(hour))?.amount ?? 0;
        hours.set(keyOf(hour), { ...hour, amount: before + amounts[unit] });
      }
    },
    spending: async (periods) =>
      periods.map(({ budgetId, fromWallMs }) => {
        const period = { budgetId, fromWallMs };
        return { ...period, spent: spentOf(period), reserved: reservedOf(period) };
      }),
    hours: async (budgetId, sinceWallMs) =>
      [...hours.values()]
        .filter((hour) => hour.budgetId === budgetId && hour.fromWallMs >= sinceWallMs)
        .map(({ fromWallMs, amount }) => ({ fromWallMs, amount }))
        .toSorted((a, b) => a.fromWallMs - b.fromWallMs),
    close: async () => undefined,
  };
}
