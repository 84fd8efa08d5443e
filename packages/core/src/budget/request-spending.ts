import { hasRoom } from './require-amounts.js';

/** So many requests are remembered; what one of them has spent is asked for within seconds or never. */
const REMEMBERED = 10_000;

interface Account {
  spent: number;
  reserved: number;
}

/** What single requests have spent, in memory: a request ends with its process. */
export class RequestSpending {
  /** By request, in the order they were last used, then by budget: each counts its own scope. */
  readonly #requests = new Map<string, Map<string, Account>>();

  of(requestId: string, budgetId: string): number {
    const account = this.#requests.get(requestId)?.get(budgetId);
    return account ? account.spent + account.reserved : 0;
  }

  hasRoom(requestId: string, budgetId: string, amount: number, limit: number): boolean {
    return hasRoom(this.of(requestId, budgetId), amount, limit);
  }

  reserve(requestId: string, budgetId: string, amount: number): void {
    this.#account(requestId, budgetId).reserved += amount;
  }

  settle(requestId: string, budgetId: string, reserved: number, cost: number): void {
    const account = this.#account(requestId, budgetId);
    account.reserved = Math.max(0, account.reserved - reserved);
    account.spent += cost;
  }

  #account(requestId: string, budgetId: string): Account {
    const accounts = this.#requests.get(requestId) ?? new Map<string, Account>();
    this.#requests.delete(requestId);
    this.#requests.set(requestId, accounts);
    const account = accounts.get(budgetId) ?? { spent: 0, reserved: 0 };
    accounts.set(budgetId, account);
    if (this.#requests.size > REMEMBERED) this.#forgetOldest();
    return account;
  }

  /** One with a run under way is not forgotten. */
  #forgetOldest(): void {
    for (const [requestId, accounts] of this.#requests) {
      if ([...accounts.values()].some(({ reserved }) => reserved > 0)) continue;
      this.#requests.delete(requestId);
      return;
    }
  }
}
