import type { Clock, StorageError } from '@terrace/core';
import {
  hasRoom,
  HOUR_MS,
  requireReservable,
  requireSettleable,
  type Amounts,
  type BudgetStore,
  type HourOfSpending,
  type PeriodLimit,
  type PeriodSpending,
  type ReservationAsk,
} from '@terrace/core/budget';
import type { IDBPDatabase, IDBPTransaction } from 'idb';
import { committed } from '../indexed-db/committed.js';
import { Database } from '../indexed-db/database.js';
import { withIdb } from '../indexed-db/with-idb.js';
import { BUDGET_MIGRATIONS, BUDGET_STORES, type BudgetSchema, type PeriodKey } from './budget-schema.js';

export interface IndexedDbBudgetStoreOptions {
  readonly name: string;
  readonly clock: Pick<Clock, 'sleep'>;
  /** Told of a database that is left alone for another one. */
  readonly onWarning: (warning: StorageError) => void;
}

type Period = Pick<PeriodLimit, 'budgetId' | 'fromWallMs'>;
type Transaction<M extends IDBTransactionMode> = IDBPTransaction<BudgetSchema, typeof BUDGET_STORES, M>;

/** Behind every key of a text: arrays sort after all else. */
const LAST = [] as unknown as string & number;

/**
 * Spending in IndexedDB, which the tabs of a site share: the browser runs one transaction that writes after the other.
 * What a tab had reserved when it was killed stays reserved.
 */
export class IndexedDbBudgetStore implements BudgetStore {
  readonly #database: Database<IDBPDatabase<BudgetSchema>>;

  constructor(options: IndexedDbBudgetStoreOptions) {
    const schema = { migrations: BUDGET_MIGRATIONS, stores: BUDGET_STORES, as: withIdb<BudgetSchema> };
    this.#database = new Database({ ...schema, noun: 'budgets', ...options });
  }

  async reserve(ask: ReservationAsk): Promise<PeriodLimit | undefined> {
    requireReservable(ask);
    const { id, atWallMs, amounts, periods } = ask;
    return this.#write('reserve in', async (transaction) => {
      const rows = transaction.objectStore('reservations');
      if ((await rows.count(ofReservation(id))) > 0) return undefined;
      for (const period of periods) {
        const { spent, reserved } = await spendingOf(transaction, period);
        if (!hasRoom(spent + reserved, amounts[period.unit], period.limit)) return period;
      }
      for (const { budgetId, fromWallMs, unit } of periods)
        await rows.add({ id, budgetId, fromWallMs, unit, amount: amounts[unit], atWallMs });
      return undefined;
    });
  }

  async settle(id: string, amounts: Amounts): Promise<void> {
    requireSettleable(amounts);
    await this.#write('settle in', async (transaction) => {
      const rows = transaction.objectStore('reservations');
      const settled = await rows.getAll(ofReservation(id));
      await rows.delete(ofReservation(id));
      for (const { budgetId, fromWallMs, unit, atWallMs } of settled) {
        if (amounts[unit] === 0) continue;
        await addSpending(transaction, [budgetId, fromWallMs], amounts[unit]);
        await addHour(transaction, [budgetId, Math.floor(atWallMs / HOUR_MS) * HOUR_MS], amounts[unit]);
      }
    });
  }

  spending(periods: readonly Period[]): Promise<PeriodSpending[]> {
    return this.#database.use('read', async (database) => {
      const transaction = database.transaction(BUDGET_STORES);
      return Promise.all(periods.map((period) => spendingOf(transaction, period)));
    });
  }

  hours(budgetId: string, sinceWallMs: number): Promise<HourOfSpending[]> {
    const range = IDBKeyRange.bound([budgetId, sinceWallMs], [budgetId, LAST]);
    return this.#database.use('read', (database) => database.getAll('hours', range));
  }

  close(): Promise<void> {
    return this.#database.close();
  }

  #write<T>(doing: string, work: (transaction: Transaction<'readwrite'>) => Promise<T>): Promise<T> {
    return this.#database.use(doing, (database) => {
      const transaction = database.transaction(BUDGET_STORES, 'readwrite', { durability: 'strict' });
      return committed(transaction, work(transaction));
    });
  }
}

const ofReservation = (id: string): IDBKeyRange => IDBKeyRange.bound([id], [id, LAST]);

/** What is held is summed up each time, so that it cannot be wrong. */
async function spendingOf(
  transaction: Transaction<'readonly' | 'readwrite'>,
  { budgetId, fromWallMs }: Period,
): Promise<PeriodSpending> {
  const key: PeriodKey = [budgetId, fromWallMs];
  const [spent = 0, rows] = await Promise.all([
    transaction.objectStore('spending').get(key),
    transaction.objectStore('reservations').index('byPeriod').getAll(key),
  ]);
  return { budgetId, fromWallMs, spent, reserved: rows.reduce((sum, { amount }) => sum + amount, 0) };
}

async function addSpending(transaction: Transaction<'readwrite'>, key: PeriodKey, amount: number): Promise<void> {
  const store = transaction.objectStore('spending');
  await store.put(((await store.get(key)) ?? 0) + amount, key);
}

async function addHour(transaction: Transaction<'readwrite'>, key: PeriodKey, amount: number): Promise<void> {
  const store = transaction.objectStore('hours');
  const before = (await store.get(key))?.amount ?? 0;
  await store.put({ fromWallMs: key[1], amount: before + amount }, key);
}
