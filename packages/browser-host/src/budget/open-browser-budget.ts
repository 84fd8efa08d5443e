import type { Clock } from '@terrace/core';
import { createBudget, describeAlert, type BudgetLimit, type OpenRuntimeBudget } from '@terrace/core/budget';
import { checkLimits } from './check-limits.js';
import { openBrowserBudgetStore } from './open-budget-store.js';

interface BrowserBudgetOptions {
  /** Of the database. */
  readonly name: string;
  readonly limits: readonly BudgetLimit[];
  readonly clock: Clock;
  /** Told of alerts, and of spending that cannot be stored. */
  readonly onWarning: (warning: string | Error) => void;
  readonly onFailure: (error: unknown) => void;
}

/** What is in `AssetFiles.budget`. */
export interface BudgetModule {
  openBrowserBudget(options: BrowserBudgetOptions): OpenRuntimeBudget;
}

/** The budgets of a page, counted with those of all tabs of its site. @throws InvalidOptionError */
export function openBrowserBudget({
  name,
  limits,
  clock,
  onWarning,
  onFailure,
}: BrowserBudgetOptions): OpenRuntimeBudget {
  checkLimits(limits);
  return createBudget({
    limits: () => limits,
    store: openBrowserBudgetStore({ name, clock, onWarning }),
    clock,
    random: Math.random,
    onAlert: (alert) => onWarning(describeAlert(alert)),
    onFailure,
  });
}
