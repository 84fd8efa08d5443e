import { TerraceError } from './terrace-error.js';

/** No set of models is within the budget of a window. Facts: budgetPerRequest, smallestFeasible, models, maxLive. */
export class InfeasibleBudgetError extends TerraceError {
  static readonly code = 'INFEASIBLE_BUDGET';
  declare readonly code: typeof InfeasibleBudgetError.code;
}
