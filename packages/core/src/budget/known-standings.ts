import type { BudgetStore } from '../ports/budget-store.js';
import type { Clock } from '../ports/clock.js';
import type { BudgetStanding } from './budget-limit.js';
import type { CountedLimit } from './counted-limits.js';
import { periodOf } from './period.js';

/** So long what was read is taken for what is: other processes spend as well. */
export const FRESH_MS = 1000;

interface Known {
  spent: number;
  /** By everybody, as of then. */
  reserved: number;
  readonly atMs: number;
}

/** How budgets stood when the store was last read, and what this process has done since. */
export class KnownStandings {
  readonly #store: Pick<BudgetStore, 'spending'>;
  readonly #clock: Pick<Clock, 'nowMs' | 'wallMs'>;
  /** By budget; of its latest period only. */
  readonly #known = new Map<string, Known & { readonly fromWallMs: number }>();

  constructor(store: Pick<BudgetStore, 'spending'>, clock: Pick<Clock, 'nowMs' | 'wallMs'>) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Whether the running period of a budget was ever read. */
  knows(counted: CountedLimit): boolean {
    return this.#latest(counted) !== undefined || counted.limit.period === 'request';
  }

  isFresh(counted: CountedLimit): boolean {
    const known = this.#latest(counted);
    return known !== undefined && this.#clock.nowMs() - known.atMs < FRESH_MS;
  }

  /** What others held a while ago says nothing of now: only what is spent stays so. */
  standing(counted: CountedLimit): BudgetStanding {
    const { id, limit } = counted;
    const { spent = 0, reserved: held = 0 } = this.#latest(counted) ?? {};
    const reserved = this.isFresh(counted) ? held : 0;
    const left = Math.max(0, limit.limit - spent - reserved);
    if (limit.period === 'request')
      return { id, limit, fromWallMs: undefined, toWallMs: undefined, spent, reserved, left };
    return { id, limit, ...periodOf(limit.period, this.#clock.wallMs()), spent, reserved, left };
  }

  /** @throws StorageError */
  async read(limits: readonly CountedLimit[]): Promise<void> {
    const periods = limits.flatMap(({ id: budgetId, limit: { period } }) =>
      period === 'request' ? [] : [{ budgetId, fromWallMs: periodOf(period, this.#clock.wallMs()).fromWallMs }],
    );
    if (periods.length === 0) return;
    const found = await this.#store.spending(periods);
    const atMs = this.#clock.nowMs();
    for (const { budgetId, ...spending } of found) this.#known.set(budgetId, { ...spending, atMs });
  }

  /** What this process does, until the store is read again. */
  change(budgetId: string, fromWallMs: number, change: { readonly spent: number; readonly reserved: number }): void {
    const known = this.#known.get(budgetId);
    if (known?.fromWallMs !== fromWallMs) return;
    known.spent += change.spent;
    known.reserved = Math.max(0, known.reserved + change.reserved);
  }

  #latest({ id, limit: { period } }: CountedLimit): Known | undefined {
    if (period === 'request') return undefined;
    const known = this.#known.get(id);
    return known?.fromWallMs === periodOf(period, this.#clock.wallMs()).fromWallMs ? known : undefined;
  }
}
