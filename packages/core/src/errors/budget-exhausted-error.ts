import { TerraceError } from './terrace-error.js';

/** A hard budget has no room for what was asked. Facts: budget, unit, limit, left, resetsAtWallMs. */
export class BudgetExhaustedError extends TerraceError {
  static readonly code = 'BUDGET_EXHAUSTED';
  declare readonly code: typeof BudgetExhaustedError.code;
}
