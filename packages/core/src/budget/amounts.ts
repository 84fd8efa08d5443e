/** What can run out. Money is in US dollars, bytes are those sent to other machines. */
export type BudgetUnit = 'usd' | 'joules' | 'bytes';

/** How much of each; finite and not negative. */
export type Amounts = Readonly<Record<BudgetUnit, number>>;

export const NOTHING: Amounts = { usd: 0, joules: 0, bytes: 0 };

export const BUDGET_UNITS = Object.keys(NOTHING) as readonly BudgetUnit[];
