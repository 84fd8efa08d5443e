import type { BudgetUnit, HourOfSpending } from '@terrace/core/budget';
import type { DBSchema } from 'idb';
import type { Migration } from '../indexed-db/database.js';

/** What is held for one run of a tier in one budget. */
interface ReservedRow {
  /** Of the reservation: the same in all budgets that count the run. */
  readonly id: string;
  readonly budgetId: string;
  readonly fromWallMs: number;
  readonly unit: BudgetUnit;
  /** In `unit`. */
  readonly amount: number;
  readonly atWallMs: number;
}

/** A budget's id and when its period, or the hour, began. */
export type PeriodKey = [budgetId: string, fromWallMs: number];

export interface BudgetSchema extends DBSchema {
  /** Settled, in the unit of the budget. */
  spending: { key: PeriodKey; value: number };
  reservations: { key: [id: string, budgetId: string]; value: ReservedRow; indexes: { byPeriod: PeriodKey } };
  hours: { key: PeriodKey; value: HourOfSpending };
}

export const BUDGET_STORES = ['spending', 'reservations', 'hours'] as const;

const initial: Migration = (database) => {
  database.createObjectStore('spending');
  const reservations = database.createObjectStore('reservations', { keyPath: ['id', 'budgetId'] });
  reservations.createIndex('byPeriod', ['budgetId', 'fromWallMs']);
  database.createObjectStore('hours');
};

export const BUDGET_MIGRATIONS: readonly Migration[] = [initial];
