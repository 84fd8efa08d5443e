import type { Amounts, BudgetUnit } from '../budget/amounts.js';
import type { BudgetLimit, BudgetScope } from '../budget/budget-limit.js';

/** A run of a tier that may cost something. */
export interface PayAsk {
  readonly requestId: string;
  readonly scope: BudgetScope;
  /** The most it may cost: what is reserved before it begins. */
  readonly atMost: Amounts;
  /** What one more call may cost, as a call that fails is repeated: reserved as well where there is room for it. */
  readonly spare?: Amounts | undefined;
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

/** A budget without room for more. */
export interface SpentBudget {
  /** Its id, e.g. `month/usd`. */
  readonly budget: string;
  readonly unit: BudgetUnit;
  readonly whenSpent: BudgetLimit['whenSpent'];
  readonly limit: number;
  /** In its unit; less than what was asked for. */
  readonly left: number;
  /** When its period ends, of the wall clock; undefined where it is that of one request. */
  readonly resetsAtWallMs: number | undefined;
  /** In words, e.g. `the budget month/usd is spent until 2026-12-01 (20 of 20 USD)`. */
  readonly message: string;
}

/** What is left to spend. */
export interface Budget {
  /**
   * The budget for which a tier may not be used any more, a hard one first; undefined while it may. Asked before every
   * climb: it decides at once on what was last known, and `pay` has the last word.
   * @param units what the tier costs; by default what one of another machine does, money and bytes
   */
  whySpent(tier: string, scope?: Omit<BudgetScope, 'tier'>, units?: readonly BudgetUnit[]): SpentBudget | undefined;
  /**
   * Reserves, runs, and settles what the meter was told, however the run ends. A process that ends before has spent the
   * whole reservation. Where nothing counts the run, it is called at once.
   * @throws BudgetExhaustedError when nothing was run, with a StorageError as its cause where nothing could be reserved;
   *   what `run` throws
   */
  pay<T>(ask: PayAsk, run: (meter: Meter) => Promise<T>): Promise<T>;
}
