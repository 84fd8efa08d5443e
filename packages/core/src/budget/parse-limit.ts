import { InvalidRequestError } from '../errors/invalid-request-error.js';
import type { BudgetUnit } from './amounts.js';
import type { BudgetLimit, BudgetPeriod } from './budget-limit.js';
import { MOST_AMOUNT } from './require-amounts.js';

/** How much in what time, e.g. 20 US dollars a month. */
export type LimitText = Pick<BudgetLimit, 'limit' | 'unit' | 'period'>;

const KIB = 1024;
/** By their names in lower case: nobody budgets millijoules. */
const UNITS: Readonly<Record<string, readonly [unit: BudgetUnit, factor: number]>> = {
  '': ['usd', 1],
  usd: ['usd', 1],
  b: ['bytes', 1],
  kb: ['bytes', 1e3],
  mb: ['bytes', 1e6],
  gb: ['bytes', 1e9],
  tb: ['bytes', 1e12],
  kib: ['bytes', KIB],
  mib: ['bytes', KIB ** 2],
  gib: ['bytes', KIB ** 3],
  tib: ['bytes', KIB ** 4],
  j: ['joules', 1],
  kj: ['joules', 1e3],
  mj: ['joules', 1e6],
  gj: ['joules', 1e9],
  wh: ['joules', 3600],
  kwh: ['joules', 3.6e6],
};
const PERIODS: readonly BudgetPeriod[] = ['request', 'hour', 'day', 'month'];

const FORM = /^\s*(\$?)\s*(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)\s*([a-z]*)\s*\/\s*([a-z]+)\s*$/i;

/**
 * `20/month`, `$5/day`, `100MiB/day`, `3.6MJ/month`, `2kWh/day`, `0.01/request`: an amount in US dollars, bytes or joules,
 * and the calendar period it is for.
 * @throws InvalidRequestError
 */
export function parseLimit(text: string): LimitText {
  const [, dollar, digits, unitName = '', periodName = ''] = FORM.exec(text) ?? [];
  const known = UNITS[unitName.toLowerCase()];
  const period = PERIODS.find((each) => each === periodName.toLowerCase());
  if (digits === undefined || !known || !period || (dollar !== '' && known[0] !== 'usd')) throw notALimit(text);
  const [unit, factor] = known;
  const limit = Number(digits) * factor;
  if (limit > MOST_AMOUNT) throw notALimit(text);
  return { limit, unit, period };
}

/** From the largest on. Only prefixes that change no digit are used: what is printed is read back as it was. */
const PREFIXES: Readonly<Record<Exclude<BudgetUnit, 'usd'>, readonly (readonly [name: string, factor: number])[]>> = {
  bytes: [
    ['TiB', KIB ** 4],
    ['GiB', KIB ** 3],
    ['MiB', KIB ** 2],
    ['KiB', KIB],
    ['B', 1],
  ],
  joules: [
    ['GJ', 1e9],
    ['MJ', 1e6],
    ['kJ', 1e3],
    ['J', 1],
  ],
};

/** As `parseLimit` reads it, e.g. `20USD/month`, `100MiB/day`. */
export function printLimit({ limit, unit, period }: LimitText): string {
  if (unit === 'usd') return `${limit}USD/${period}`;
  const shortest = PREFIXES[unit].find(([, factor]) => {
    const scaled = limit / factor;
    return scaled >= 1 && String(scaled).length <= 6 && scaled * factor === limit;
  });
  const [name, factor] = shortest ?? PREFIXES[unit].at(-1)!;
  return `${limit / factor}${name}/${period}`;
}

/** An amount for people, with at most four digits that count, e.g. `12.35 USD`, `95.4 MiB`. */
export function printAmount(amount: number, unit: BudgetUnit): string {
  if (unit === 'usd') return `${short(amount)} USD`;
  const [name, factor] = PREFIXES[unit].find((each) => amount >= each[1]) ?? PREFIXES[unit].at(-1)!;
  return `${short(amount / factor)} ${name}`;
}

/** Cents are never rounded away, nor digits before the point. */
const short = (value: number): string => String(Number(value >= 100 ? value.toFixed(2) : value.toPrecision(4)));

const notALimit = (text: string): InvalidRequestError =>
  new InvalidRequestError({
    message: `"${text.slice(0, 40)}" is not an amount and a period.`,
    hint: 'Write it like 20/month, 0.01/request, 100MiB/day or 3.6MJ/month; periods are request, hour, day and month.',
    facts: { limit: text.slice(0, 40) },
  });
