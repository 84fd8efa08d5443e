import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Amounts } from '../budget/amounts.js';
import { HOUR_MS } from '../budget/period.js';
import type { BudgetStore, PeriodLimit, ReservationAsk } from '../ports/budget-store.js';

const NOTHING: Amounts = { usd: 0, joules: 0, bytes: 0 };
const usd = (amount: number): Amounts => ({ ...NOTHING, usd: amount });
const MAY = Date.UTC(2031, 4, 1);

/** A budget in money of one month. */
const monthly = (limit: number, changes: Partial<PeriodLimit> = {}): PeriodLimit => ({
  budgetId: 'month/usd',
  fromWallMs: MAY,
  unit: 'usd',
  limit,
  ...changes,
});

export interface BudgetStoreUnderTest {
  readonly store: BudgetStore;
  /** The same data as another process opens it; none when it lasts no longer than the object. */
  readonly reopen?: () => Promise<BudgetStore>;
}

/** Amounts whose sums are exact, so that a model of the store can be compared with it. */
const amount = fc.integer({ min: 1, max: 400 }).map((quarters) => quarters / 4);

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('reserve' as const),
      budgets: fc.subarray([0, 1, 2], { minLength: 1 }),
      amount,
      counted: fc.boolean(),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('settle' as const), which: fc.nat(5), share: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('clock' as const), period: fc.integer({ min: -1, max: 1 }) }) },
);

/** What every BudgetStore does. @param open a new, empty store for each test; the suite closes it */
export function describeBudgetStoreContract(name: string, open: () => Promise<BudgetStoreUnderTest>): void {
  describe(`${name} as a store of budgets`, () => {
    let under: BudgetStoreUnderTest;
    let store: BudgetStore;
    const opened: BudgetStore[] = [];
    let ids = 0;

    const start = async (): Promise<void> => {
      under = await open();
      store = under.store;
      opened.push(store);
    };
    const again = async (): Promise<BudgetStore> => {
      const other = (await under.reopen?.()) ?? store;
      opened.push(other);
      return other;
    };
    const closeAll = async (): Promise<void> => void (await Promise.all(opened.splice(0).map((each) => each.close())));
    const ask = (periods: readonly PeriodLimit[], changes: Partial<ReservationAsk> = {}): ReservationAsk => {
      ids += 1;
      return { id: `run ${ids}`, requestId: 'r1', atWallMs: MAY + 1, amounts: usd(1), periods, ...changes };
    };

    beforeEach(start);
    afterEach(closeAll);

    it('reserves, settles what it cost, and gives the rest back', async () => {
      const first = ask([monthly(10)], { amounts: usd(6) });
      expect(await store.reserve(first)).toBeUndefined();
      expect(await store.spending([monthly(10)])).toEqual([
        { budgetId: 'month/usd', fromWallMs: MAY, spent: 0, reserved: 6 },
      ]);
      expect(await store.reserve(ask([monthly(10)], { amounts: usd(5) }))).toMatchObject({ budgetId: 'month/usd' });
      await store.settle(first.id, usd(2));
      expect(await store.spending([monthly(10)])).toMatchObject([{ spent: 2, reserved: 0 }]);
      expect(await store.reserve(ask([monthly(10)], { amounts: usd(8) }))).toBeUndefined();
      expect(await store.reserve(ask([monthly(10)], { amounts: usd(0.001) }))).toBeDefined();
    });

    it('lets exactly as many through at once as the limit pays for', async () => {
      const other = await again();
      const full = await Promise.all(
        Array.from({ length: 200 }, (_, i) =>
          (i % 2 ? store : other).reserve(ask([monthly(5)], { amounts: usd(0.1) })),
        ),
      );
      expect(full.filter((each) => each === undefined)).toHaveLength(50);
      expect((await store.spending([monthly(5)]))[0]!.reserved).toBeCloseTo(5, 10);
    });

    it('reserves the same one once, and settles it once', async () => {
      const one = ask([monthly(10)], { amounts: usd(4) });
      expect(await Promise.all([one, one, one].map((each) => store.reserve(each)))).toEqual(Array(3).fill(undefined));
      expect(await store.spending([monthly(10)])).toMatchObject([{ reserved: 4 }]);
      await Promise.all([1, 2, 3].map((cost) => store.settle(one.id, usd(cost))));
      expect(await store.spending([monthly(10)])).toMatchObject([{ spent: 1, reserved: 0 }]);
      await store.settle('nobody knows it', usd(9));
      expect(await store.spending([monthly(10)])).toMatchObject([{ spent: 1 }]);
    });

    it('reserves in all budgets or in none, and names the first without room', async () => {
      const wide = monthly(100);
      const narrow = monthly(2, { budgetId: 'day/usd', fromWallMs: MAY });
      const bytes = monthly(1000, { budgetId: 'day/bytes', unit: 'bytes' });
      const amounts = { usd: 3, joules: 0, bytes: 10 };
      expect(await store.reserve(ask([wide, narrow, bytes], { amounts }))).toMatchObject({ budgetId: 'day/usd' });
      expect(await store.spending([wide, narrow, bytes])).toMatchObject(
        ['month/usd', 'day/usd', 'day/bytes'].map((budgetId) => ({ budgetId, spent: 0, reserved: 0 })),
      );
      const fits = ask([wide, narrow, bytes], { amounts: { ...amounts, usd: 2 } });
      expect(await store.reserve(fits)).toBeUndefined();
      await store.settle(fits.id, { usd: 1, joules: 7, bytes: 12 });
      expect(await store.spending([bytes, narrow, wide])).toMatchObject([{ spent: 12 }, { spent: 1 }, { spent: 1 }]);
    });

    it('keeps what a process reserved that ended before it could settle', async () => {
      const lost = ask([monthly(10)], { amounts: usd(7) });
      await store.reserve(lost);
      const later = await again();
      expect(await later.spending([monthly(10)])).toMatchObject([{ reserved: 7 }]);
      expect(await later.reserve(ask([monthly(10)], { amounts: usd(4) }))).toBeDefined();
    });

    it('knows periods by their start, so that a clock that jumps back and forth gives nothing back', async () => {
      const june = monthly(10, { fromWallMs: Date.UTC(2031, 5, 1) });
      const spend = async (period: PeriodLimit, cost: number): Promise<PeriodLimit | undefined> => {
        const one = ask([period], { amounts: usd(cost) });
        const full = await store.reserve(one);
        await store.settle(one.id, usd(cost));
        return full;
      };
      expect(await spend(monthly(10), 8)).toBeUndefined();
      expect(await spend(june, 5)).toBeUndefined();
      expect(await spend(monthly(10), 3)).toBeDefined();
      expect(await spend(june, 6)).toBeDefined();
      expect(await store.spending([monthly(10), june])).toMatchObject([{ spent: 8 }, { spent: 5 }]);
    });

    it('counts without a limit, and records in full what cost more than was reserved', async () => {
      const counted = ask([monthly(Infinity)], { amounts: usd(50) });
      expect(await store.reserve(counted)).toBeUndefined();
      await store.settle(counted.id, usd(60));
      expect(await store.spending([monthly(10)])).toMatchObject([{ spent: 60, reserved: 0 }]);
      expect(await store.reserve(ask([monthly(10)]))).toBeDefined();
    });

    it('takes no part of a sum that is off by its last digits for too much', async () => {
      for (let i = 0; i < 10; i++)
        expect(await store.reserve(ask([monthly(1)], { amounts: usd(0.1) }))).toBeUndefined();
      expect(await store.reserve(ask([monthly(1)], { amounts: usd(1e-9) }))).toBeDefined();
    });

    it.each([0, Number.NaN, -1, 1e308, Infinity])('refuses to reserve %d', async (wrong) => {
      await expect(store.reserve(ask([monthly(10)], { amounts: usd(wrong) }))).rejects.toThrow(RangeError);
      expect(await store.spending([monthly(10)])).toMatchObject([{ spent: 0, reserved: 0 }]);
    });

    it.each([Number.NaN, -1, 1e308, Infinity])(
      'refuses to settle %d, and what was reserved stays so',
      async (wrong) => {
        const one = ask([monthly(10)], { amounts: usd(4) });
        await store.reserve(one);
        await expect(store.settle(one.id, usd(wrong))).rejects.toThrow(RangeError);
        expect(await store.spending([monthly(10)])).toMatchObject([{ spent: 0, reserved: 4 }]);
        await store.settle(one.id, NOTHING);
        expect(await store.spending([monthly(10)])).toMatchObject([{ spent: 0, reserved: 0 }]);
      },
    );

    it('tells what was spent in which hour, oldest first', async () => {
      const spend = async (atWallMs: number, cost: number, period = monthly(100)): Promise<void> => {
        const one = ask([period], { amounts: usd(cost), atWallMs });
        await store.reserve(one);
        await store.settle(one.id, usd(cost));
      };
      await spend(MAY + 5 * HOUR_MS + 7, 2);
      await spend(MAY + 3 * HOUR_MS, 1);
      await spend(MAY + 6 * HOUR_MS - 1, 4);
      await spend(MAY, 8, monthly(100, { budgetId: 'month/usd/key=kiosk' }));
      expect(await store.hours('month/usd', MAY)).toEqual([
        { fromWallMs: MAY + 3 * HOUR_MS, amount: 1 },
        { fromWallMs: MAY + 5 * HOUR_MS, amount: 6 },
      ]);
      expect(await store.hours('month/usd', MAY + 4 * HOUR_MS)).toHaveLength(1);
      expect(await store.hours('nobody', MAY)).toEqual([]);
    });

    it('never lets a limit be passed, and counts exactly what was settled, whatever ends and whatever the clock does', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
          await closeAll();
          await start();
          const limits = [50, 120, 300];
          let month = 0;
          let underWay: { id: string; amount: number; budgets: readonly number[]; month: number }[] = [];
          const lost: typeof underWay = [];
          const spent = new Map<string, number>();
          const free = new Map<string, number>();
          const period = (budget: number, at = month): PeriodLimit =>
            monthly(limits[budget]!, { budgetId: `budget ${budget}`, fromWallMs: Date.UTC(2031, 4 + at, 1) });
          const add = (sums: Map<string, number>, budget: number, at: number, more: number): void => {
            const key = `${budget} ${at}`;
            sums.set(key, (sums.get(key) ?? 0) + more);
          };
          for (const each of steps) {
            switch (each.do) {
              case 'reserve': {
                const periods = each.budgets.map((budget) => ({
                  ...period(budget),
                  ...(each.counted && { limit: Infinity }),
                }));
                const one = ask(periods, { amounts: usd(each.amount) });
                if ((await store.reserve(one)) !== undefined) break;
                underWay.push({ id: one.id, amount: each.amount, budgets: each.budgets, month });
                if (each.counted) for (const budget of each.budgets) add(free, budget, month, each.amount);
                break;
              }
              case 'settle': {
                const one = underWay[each.which];
                if (!one) break;
                underWay = underWay.filter((other) => other !== one);
                const cost = (one.amount * each.share) / 4;
                await store.settle(one.id, usd(cost));
                for (const budget of one.budgets) add(spent, budget, one.month, cost);
                break;
              }
              case 'crash':
                lost.push(...underWay.splice(0));
                store = await again();
                break;
              case 'clock':
                month = each.period;
                break;
              default:
                each satisfies never;
            }
          }
          for (const at of [-1, 0, 1]) {
            const standings = await store.spending(limits.map((_, budget) => period(budget, at)));
            for (const [budget, standing] of standings.entries()) {
              const held = [...underWay, ...lost].filter((one) => one.month === at && one.budgets.includes(budget));
              expect(standing.spent).toBe(spent.get(`${budget} ${at}`) ?? 0);
              expect(standing.reserved).toBe(held.reduce((sum, one) => sum + one.amount, 0));
              const beyond = free.get(`${budget} ${at}`) ?? 0;
              expect(standing.spent + standing.reserved - beyond).toBeLessThanOrEqual(limits[budget]!);
            }
          }
        }),
        { numRuns: under.reopen ? 15 : 200 },
      );
    }, 30_000);
  });
}
