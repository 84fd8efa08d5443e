import type { Amounts, BudgetUnit } from '../budget/amounts.js';
import type { HourOfSpending } from '../budget/forecast.js';

/** What a period of a budget may take, for one reservation. */
export interface PeriodLimit {
  readonly budgetId: string;
  /** Start of the period, milliseconds of the wall clock. Budgets of single requests are not kept here. */
  readonly fromWallMs: number;
  readonly unit: BudgetUnit;
  /** Infinity where it is only counted (a soft budget whose answer nobody else can give). */
  readonly limit: number;
}

export interface ReservationAsk {
  /** Unique: the same one is reserved once, whoever asks how often. */
  readonly id: string;
  readonly requestId: string;
  readonly atWallMs: number;
  readonly amounts: Amounts;
  /** All budgets that count it: it is reserved in all of them or in none. */
  readonly periods: readonly PeriodLimit[];
}

/** What a period has taken. */
export interface PeriodSpending {
  readonly budgetId: string;
  readonly fromWallMs: number;
  readonly spent: number;
  readonly reserved: number;
}

/**
 * Spending by budget and period, shared by all processes (or tabs) of a ledger. Every operation is one transaction, and
 * durable once it resolves. All throw StorageError.
 */
export interface BudgetStore {
  /** @returns the first budget without room, and then nothing is reserved; undefined when it is reserved */
  reserve(ask: ReservationAsk): Promise<PeriodLimit | undefined>;
  /** What was reserved becomes what was spent. Once: a second time, or of what is unknown, it does nothing. */
  settle(id: string, amounts: Amounts): Promise<void>;
  /** Of these periods, in this order; zeros where nothing was spent. */
  spending(periods: readonly Pick<PeriodLimit, 'budgetId' | 'fromWallMs'>[]): Promise<PeriodSpending[]>;
  /** Settled spending by hour, oldest first, for forecasts. */
  hours(budgetId: string, sinceWallMs: number): Promise<HourOfSpending[]>;
  close(): Promise<void>;
}
