import type { BudgetUnit } from './amounts.js';
import { hasRoom } from './require-amounts.js';

/** So many requests are remembered; what one of them has spent is asked for within seconds or never. */
const REMEMBERED = 10_000;

interface Account {
  spent: number;
  reserved: number;
}

/** What single requests have spent, in memory: a request ends with its process. */
export class RequestSpending {
  /** By request, then by unit, in the order they were last used. */
  readonly #requests = new Map<string, Map<BudgetUnit, Account>>();

  of(requestId: string, unit: BudgetUnit): number {
    const account = this.#requests.get(requestId)?.get(unit);
    return account ? account.spent + account.reserved : 0;
  }

  hasRoom(requestId: string, unit: BudgetUnit, amount: number, limit: number): boolean {
    return hasRoom(this.of(requestId, unit), amount, limit);
  }

  reserve(requestId: string, unit: BudgetUnit, amount: number): void {
    this.#account(requestId, unit).reserved += amount;
  }

  settle(requestId: string, unit: BudgetUnit, reserved: number, cost: number): void {
    const account = this.#account(requestId, unit);
    account.reserved = Math.max(0, account.reserved - reserved);
    account.spent += cost;
  }

  #account(requestId: string, unit: BudgetUnit): Account {
    const units = this.#requests.get(requestId) ?? new Map<BudgetUnit, Account>();
    this.#requests.delete(requestId);
    this.#requests.set(requestId, units);
    const account = units.get(unit) ?? { spent: 0, reserved: 0 };
    units.set(unit, account);
    if (this.#requests.size > REMEMBERED) this.#forgetOldest();
    return account;
  }

  /** One with a run under way is not forgotten. */
  #forgetOldest(): void {
    for (const [requestId, units] of this.#requests) {
      if ([...units.values()].some(({ reserved }) => reserved > 0)) continue;
      this.#requests.delete(requestId);
      return;
    }
  }
}
