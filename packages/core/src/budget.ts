/** Budgets, and nothing else: a host loads it where somebody has set one, and a bundle of the runtime has nothing of it. */
export type { BudgetAlert } from './budget/alerts.js';
export { NOTHING, type Amounts, type BudgetUnit } from './budget/amounts.js';
export { budgetId } from './budget/budget-id.js';
export type { BudgetLimit, BudgetPeriod, BudgetScope, BudgetStanding } from './budget/budget-limit.js';
export type { BudgetOptions, OpenBudget } from './budget/create-budget.js';
export { describeAlert } from './budget/describe-alert.js';
export { parseLimit, printAmount, printLimit, type LimitText } from './budget/parse-limit.js';
export { FORECAST_DAYS } from './budget/observed-hours.js';
export { HOUR_MS, periodOf, type Period } from './budget/period.js';
export { hasRoom, MOST_AMOUNT, requireReservable, requireSettleable } from './budget/require-amounts.js';
export { isOverrunLikely, type BudgetForecast, type HourOfSpending } from './budget/forecast.js';
export { forecast, type ForecastInput } from './budget/forecast-period.js';
export { createMemoryBudgetStore } from './budget/memory-budget-store.js';
export type { Budget, Meter, PayAsk, SpentBudget } from './ports/budget.js';
export type { BudgetStore, PeriodLimit, PeriodSpending, ReservationAsk } from './ports/budget-store.js';
export { BudgetExhaustedError } from './errors/budget-exhausted-error.js';
export { createBudget, type OpenRuntimeBudget } from './runtime/create-budget.js';
export type { RequestBudget, RuntimeBudget } from './runtime/request-budget.js';
