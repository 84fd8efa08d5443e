import { resolve } from 'node:path';
import type { StorageError } from '@terrace/core';
import {
  requireReservable,
  requireSettleable,
  type Amounts,
  type BudgetStore,
  type PeriodLimit,
  type ReservationAsk,
} from '@terrace/core/budget';
import type { Clock } from '@terrace/core';
import { createGroupCommit } from '../ledger/group-commit.js';
import { ledgerFailure } from '../ledger/ledger-failure.js';
import { ledgerSchema } from '../ledger/migrations.js';
import type { Connection, Use } from '../sqlite/connection.js';
import { createLazyStore } from '../sqlite/lazy-store.js';
import { identityOf, movedFile, wasMoved } from '../sqlite/moved-file.js';
import { openDatabase } from '../sqlite/open-database.js';
import { isBusy, retryWhenBusy, waitingClock } from '../sqlite/retry-when-busy.js';
import { takeOverBooks } from './take-over-books.js';
import { hoursOf, makeChanges, spendingOf, type Change } from './spending-statements.js';

export interface SqliteBudgetStoreOptions {
  /** The ledger's. */
  readonly file: string;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Told of a damaged ledger that was set aside. */
  readonly onWarning?: ((warning: StorageError) => void) | undefined;
}

/** Spending in the ledger's database, by a connection of its own, which is opened when there is something to pay for. */
export function openSqliteBudgetStore({ file, clock, onWarning }: SqliteBudgetStoreOptions): BudgetStore {
  const path = resolve(file);
  const open = async (): Promise<SqliteBudgetStore> => {
    const connection = await openDatabase({ file: path, schema: ledgerSchema, clock: waitingClock });
    try {
      const operation = () => takeOverBooks(path, connection, clock.wallMs());
      await retryWhenBusy({ operation, clock: waitingClock });
    } catch (cause) {
      await connection.close();
      throw ledgerFailure({ doing: 'take over what was spent into', file: path, cause });
    }
    return new SqliteBudgetStore(path, connection);
  };
  const damagedHint = 'Run `terrace doctor --fix`: it takes over every row that can be read, and what was spent.';
  const { use, useIfThere, close } = createLazyStore({
    noun: 'ledger',
    file: path,
    clock,
    open,
    damagedHint,
    onWarning,
  });
  return {
    async reserve(ask) {
      requireReservable(ask);
      return use((store) => store.reserve(ask));
    },
    async settle(id, amounts) {
      requireSettleable(amounts);
      await useIfThere(undefined, (store) => store.settle(id, amounts));
    },
    spending: (periods) => {
      const nothing = periods.map(({ budgetId, fromWallMs }) => ({ budgetId, fromWallMs, spent: 0, reserved: 0 }));
      return useIfThere(nothing, (store) => store.spending(periods));
    },
    hours: (budgetId, sinceWallMs) => useIfThere([], (store) => store.hours(budgetId, sinceWallMs)),
    close,
  };
}

class SqliteBudgetStore implements BudgetStore {
  readonly #file: string;
  readonly #connection: Connection;
  readonly #identity: string | undefined;
  /** One commit, and one wait for the disk, for all that arrive meanwhile. */
  readonly #commits = createGroupCommit<Change>({
    write: (changes) => this.#write(changes),
    byItems: (error) => !isBusy(error) && !wasMoved(error),
  });

  constructor(file: string, connection: Connection) {
    this.#file = file;
    this.#connection = connection;
    this.#identity = identityOf(file);
  }

  async reserve(ask: ReservationAsk): Promise<PeriodLimit | undefined> {
    const change: Extract<Change, { kind: 'reserve' }> = { kind: 'reserve', ask };
    await this.#change('reserve in', change);
    return change.full;
  }

  settle(id: string, amounts: Amounts): Promise<void> {
    return this.#change('settle in', { kind: 'settle', id, amounts });
  }

  spending(periods: Parameters<BudgetStore['spending']>[0]) {
    return this.#read(async (transaction) => {
      const found = [];
      for (const period of periods) found.push(await spendingOf(transaction, period));
      return found;
    });
  }

  hours(budgetId: string, sinceWallMs: number) {
    return this.#read((transaction) => hoursOf(transaction, budgetId, sinceWallMs));
  }

  async close(): Promise<void> {
    await this.#commits.settled();
    await this.#connection.close();
  }

  async #change(doing: string, change: Change): Promise<void> {
    try {
      await this.#commits.add([change]);
    } catch (cause) {
      throw ledgerFailure({ doing, file: this.#file, cause });
    }
  }

  async #write(changes: readonly Change[]): Promise<void> {
    const operation = () =>
      this.#connection.write(async (transaction) => {
        this.#requireInPlace();
        await makeChanges(transaction, changes);
      });
    await retryWhenBusy({ operation, clock: waitingClock });
  }

  async #read<T>(use: Use<T>): Promise<T> {
    try {
      this.#requireInPlace();
      return await retryWhenBusy({ operation: () => this.#connection.read(use), clock: waitingClock });
    } catch (cause) {
      throw ledgerFailure({ doing: 'read', file: this.#file, cause });
    }
  }

  #requireInPlace(): void {
    if (identityOf(this.#file) !== this.#identity) throw movedFile({ noun: 'ledger', file: this.#file });
  }
}
