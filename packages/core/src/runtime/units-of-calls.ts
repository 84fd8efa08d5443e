import type { BudgetUnit } from '../budget/amounts.js';
import { costOfCall } from '../catalog/cost-of-call.js';
import type { Endpoint } from '../catalog/endpoint.js';

/** What calls to an endpoint cost. */
export const unitsOfCalls = (endpoint: Pick<Endpoint, 'price'>): readonly BudgetUnit[] =>
  costOfCall(endpoint, { inputTokens: 1, outputTokens: 1 }) === 0 ? ['bytes'] : ['usd', 'bytes'];
