import type { ReservationAsk } from '../ports/budget-store.js';
import type { Amounts } from './amounts.js';

/** Sums of so much are still exact to a millionth of a cent: more than that is a mistake, and may overflow. */
export const MOST_AMOUNT = 1e15;

/**
 * What a store takes: something of every unit that is reserved, and no more than can be counted.
 * @throws RangeError
 */
export function requireReservable({ amounts, periods, atWallMs }: ReservationAsk): void {
  requireNumber(atWallMs, 'atWallMs', -MOST_AMOUNT);
  for (const { unit, fromWallMs, limit } of periods) {
    requireNumber(fromWallMs, 'fromWallMs', -MOST_AMOUNT);
    if (amounts[unit] === 0) throw new RangeError(`nothing is to be reserved of ${unit}`);
    requireNumber(amounts[unit], unit, 0);
    if (!(limit >= 0)) throw new RangeError(`${limit} is no limit`);
  }
}

/** @throws RangeError */
export function requireSettleable(amounts: Amounts): void {
  requireNumber(amounts.usd, 'usd', 0);
  requireNumber(amounts.joules, 'joules', 0);
  requireNumber(amounts.bytes, 'bytes', 0);
}

function requireNumber(value: number, name: string, least: number): void {
  if (!(value >= least && value <= MOST_AMOUNT)) throw new RangeError(`${value} is no amount of ${name}`);
}

/** Sums of many numbers are off by their last digits: what fits but for those fits. */
const SLACK = 1e-12;

/** Whether a period has room for an amount beside what it has taken. */
export const hasRoom = (taken: number, amount: number, limit: number): boolean => taken + amount <= limit * (1 + SLACK);
