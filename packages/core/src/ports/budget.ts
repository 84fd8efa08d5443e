import type { Amounts } from '../budget/amounts.js';
import type { BudgetScope } from '../budget/budget-limit.js';

/** A run of a tier that may cost something. */
export interface PayAsk {
  readonly requestId: string;
  readonly scope: BudgetScope;
  /** The most it may cost: what is reserved before it begins. */
  readonly atMost: Amounts;
  /** Whether the request can be answered without it: then a soft budget that is spent says no, and otherwise yes. */
  readonly optional: boolean;
}

/** What a run under way has taken. */
export interface Meter {
  /** Told of every call; corrections of what was said before are negative. */
  add(part: Partial<Amounts>): void;
  /** Whether the reservation has room for so much more: a call is repeated only then. */
  covers(part: Partial<Amounts>): boolean;
}

/** What is left to spend. */
export interface Budget {
  /**
   * Why a tier may not be used any more, in words; undefined while it may. Asked before every climb: it decides at once
   * on what was last known, and `pay` has the last word.
   */
  whySpent(tier: string, scope?: Omit<BudgetScope, 'tier'>): string | undefined;
  /**
   * Reserves, runs, and settles what the meter was told, however the run ends. A process that ends before has spent the
   * whole reservation.
   * @throws BudgetExhaustedError when nothing was run; StorageError when nothing could be reserved; what `run` throws
   */
  pay<T>(ask: PayAsk, run: (meter: Meter) => Promise<T>): Promise<T>;
}
