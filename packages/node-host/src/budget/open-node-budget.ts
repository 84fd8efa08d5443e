import { InvalidDataError, type Clock } from '@terrace/core';
import { createBudget, type BudgetAlert, type BudgetLimit, type OpenRuntimeBudget } from '@terrace/core/budget';
import { watchFile, type WatchedFile } from '../store/files/watched-file.js';
import type { Forecasted } from './forecast-standings.js';
import { readBudgets, repeatedIds } from './budgets-file.js';
import { budgetsFileOf } from './budgets-path.js';
import { openSqliteBudgetStore } from './sqlite-budget-store.js';

export interface NodeBudgetOptions {
  /** Where `budgets.json` lies. */
  readonly home: string;
  readonly ledgerFile: string;
  readonly clock: Clock;
  readonly onAlert?: ((alert: BudgetAlert) => void) | undefined;
  /** Told when the file became unreadable, which leaves budgets as they were, and when the store failed. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** Budgets of a state folder, for whoever looks after them as well. */
export interface NodeBudget extends OpenRuntimeBudget {
  /** Every standing, with what its period will have taken. @throws StorageError */
  forecasts(): Promise<readonly Forecasted[]>;
  /** How often this process has told of a budget. @param budget its id */
  alertsOf(budget: string): number;
}

/** The budgets of a state folder, read again soon after they change. @throws InvalidDataError */
export const watchBudgets = (
  home: string,
  options: { onFailure: (error: unknown) => void; lookEveryMs?: number },
): Promise<WatchedFile<readonly BudgetLimit[]>> => watchFile(budgetsFileOf(home), { ...options, read: readBudgets });

/** Budgets of a state folder, counted in its ledger. @throws InvalidDataError when the file cannot be read */
export async function openNodeBudget({
  home,
  ledgerFile,
  clock,
  onAlert,
  onFailure = () => undefined,
}: NodeBudgetOptions): Promise<NodeBudget> {
  const limits = await watchBudgets(home, { onFailure });
  for (const id of repeatedIds(limits.current())) onFailure(standsTwice(id, budgetsFileOf(home)));
  const store = openSqliteBudgetStore({ file: ledgerFile, clock, onWarning: onFailure });
  const alerts = new Map<string, number>();
  const budget = createBudget({
    limits: limits.current,
    store,
    clock,
    random: Math.random,
    onAlert(alert) {
      const { id } = alert.standing;
      alerts.set(id, (alerts.get(id) ?? 0) + 1);
      onAlert?.(alert);
    },
    onFailure,
  });
  return {
    whySpent: (...ask) => budget.whySpent(...ask),
    pay: (ask, run) => budget.pay(ask, run),
    ofRequest: (request) => budget.ofRequest(request),
    isSpentFor: (endpoint) => budget.isSpentFor(endpoint),
    standings: () => budget.standings(),
    async forecasts() {
      const { forecastStandings } = await import('./forecast-standings.js');
      return forecastStandings(await budget.standings(), store, clock.wallMs());
    },
    alertsOf: (id) => alerts.get(id) ?? 0,
    async close() {
      limits.close();
      await budget.close();
    },
  };
}

const standsTwice = (id: string, file: string): InvalidDataError =>
  new InvalidDataError({
    message: `The budget ${id} stands in ${file} more than once; the last one counts.`,
    hint: 'Remove the others.',
    facts: { file, budget: id },
  });
