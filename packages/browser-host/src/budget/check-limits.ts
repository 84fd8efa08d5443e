import { budgetId, MOST_AMOUNT, type BudgetLimit } from '@terrace/core/budget';
import { InvalidOptionError } from '../page/invalid-option-error.js';

type Check = (value: unknown) => boolean;

const oneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string);

/** Names are part of ids, which are encoded and compared. */
const isName: Check = (value) =>
  value === undefined || (typeof value === 'string' && /^[^\p{Cc}\p{Surrogate}]{1,256}$/u.test(value));

const isShare: Check = (value) => typeof value === 'number' && value > 0 && value <= 1;

/** What each field has to be, and whether it is. */
const FIELDS: Readonly<Record<keyof BudgetLimit, readonly [expected: string, check: Check]>> = {
  // Nobody asks a page by a key: such a budget would limit nothing.
  scope: ['an object with names in `domain` and `tier`, or neither', isScope],
  period: ['request, hour, day or month', oneOf('request', 'hour', 'day', 'month')],
  unit: ['usd, joules or bytes', oneOf('usd', 'joules', 'bytes')],
  limit: ['a number from 0 to 1e15', (value) => typeof value === 'number' && value >= 0 && value <= MOST_AMOUNT],
  whenSpent: ['degrade, local or refuse', oneOf('degrade', 'local', 'refuse')],
  alertAt: ['a list of shares above 0 and up to 1', (value) => Array.isArray(value) && value.every(isShare)],
};

/**
 * Looks at budgets as somebody wrote them: whoever writes a field wrongly has not limited what was meant.
 * @throws InvalidOptionError naming the first wrong field
 */
export function checkLimits(limits: readonly unknown[]): asserts limits is readonly BudgetLimit[] {
  const seen = new Set<string>();
  for (const limit of limits) {
    if (typeof limit !== 'object' || limit === null) throw wrong(`is ${JSON.stringify(limit)}, and not an object`);
    const given = limit as Readonly<Record<string, unknown>>;
    const unknown = Object.keys(given).find((field) => !Object.hasOwn(FIELDS, field));
    if (unknown !== undefined) throw wrong(`has the field \`${unknown}\`, which means nothing`);
    for (const [field, [expected, check]] of Object.entries(FIELDS))
      if (!check(given[field])) throw wrong(`needs in \`${field}\` ${expected}`);
    const id = budgetId(limit as BudgetLimit);
    if (seen.has(id)) throw wrong(`(${id}) is there twice`);
    seen.add(id);
  }
}

function isScope(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(([field, name]) => ['domain', 'tier'].includes(field) && isName(name));
}

const wrong = (fault: string): InvalidOptionError =>
  new InvalidOptionError({
    message: `createBrowserRuntime cannot begin: one of its budgets ${fault}.`,
    hint: 'Correct the options that it is called with.',
    facts: { option: 'budgets' },
  });
