/** What counts what requests cost, as a file of its own: a page without budgets never loads it. */
export { openBrowserBudget } from '../budget/open-browser-budget.js';
