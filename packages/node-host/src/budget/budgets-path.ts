import { join } from 'node:path';

/** Where the budgets of a state folder lie. */
export const budgetsFileOf = (home: string): string => join(home, 'budgets.json');
