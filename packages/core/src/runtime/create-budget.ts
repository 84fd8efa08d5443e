import { createBudget as createStoredBudget, type BudgetOptions, type OpenBudget } from '../budget/create-budget.js';
import { withRequests, type RuntimeBudget } from './request-budget.js';

/** A budget for a runtime that somebody may look into. */
export interface OpenRuntimeBudget extends OpenBudget, RuntimeBudget {}

/** Budgets that count what requests cost, kept in a store: what a runtime is given as its `budget`. */
export const createBudget = (options: BudgetOptions): OpenRuntimeBudget => withRequests(createStoredBudget(options));
