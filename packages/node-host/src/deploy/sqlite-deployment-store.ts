import { resolve } from 'node:path';
import { TerraceError, type Clock, type StorageError } from '@terrace/core';
import {
  holdLease,
  leaseLost,
  type DeploymentState,
  type DeploymentStore,
  type DeploymentWish,
  type Lease,
  type LeaseRow,
  type LeaseTable,
  type RewardRecord,
} from '@terrace/core/deploy';
import { ledgerFailure } from '../ledger/ledger-failure.js';
import { ledgerSchema } from '../ledger/migrations.js';
import type { Connection, Use } from '../sqlite/connection.js';
import { createLazyStore, type LazyStore } from '../sqlite/lazy-store.js';
import { identityOf, movedFile } from '../sqlite/moved-file.js';
import { openDatabase } from '../sqlite/open-database.js';
import { retryWhenBusy, waitingClock } from '../sqlite/retry-when-busy.js';
import {
  insertReward,
  readLease,
  readRewards,
  readState,
  readWishes,
  writeLease,
  writeState,
} from './deployment-statements.js';
import { isOwnerAlive, leaseOwner, nameOfOwner } from './lease-owner.js';

export interface SqliteDeploymentStoreOptions {
  /** The ledger's. */
  readonly file: string;
  readonly clock: Clock;
  /** Whether the process behind an owner lives; undefined where it cannot be known. */
  readonly isAlive?: (owner: string) => Promise<boolean | undefined>;
  /** Told of a damaged ledger that was set aside. */
  readonly onWarning?: ((warning: StorageError) => void) | undefined;
}

/** Rewards that are read at a time. */
const PAGE = 1000;

/**
 * The deployment in the ledger's database, by a connection of its own. A holder that is a dead process of this machine is
 * followed at once; one of another machine when it has shown no sign of life for a while.
 */
export function openSqliteDeploymentStore({
  file,
  clock,
  isAlive = isOwnerAlive,
  onWarning,
}: SqliteDeploymentStoreOptions): DeploymentStore {
  const path = resolve(file);
  const store = createLazyStore<Transactions>({
    noun: 'ledger',
    file: path,
    clock,
    open: () => openTransactions(path),
    damagedHint: 'Run `terrace doctor --fix`: it takes over every row that can be read. The deployment begins anew.',
    onWarning,
  });
  return new SqliteDeploymentStore(store, { clock, isAlive, onWarning });
}

interface Transactions {
  read<T>(use: Use<T>): Promise<T>;
  write<T>(doing: string, use: Use<T>): Promise<T>;
  close(): Promise<void>;
}

class SqliteDeploymentStore implements DeploymentStore {
  readonly #store: LazyStore<Transactions>;
  readonly #clock: Clock;
  readonly #isAlive: NonNullable<SqliteDeploymentStoreOptions['isAlive']>;
  readonly #onWarning: NonNullable<SqliteDeploymentStoreOptions['onWarning']>;

  constructor(
    store: LazyStore<Transactions>,
    {
      clock,
      isAlive,
      onWarning = () => undefined,
    }: Pick<SqliteDeploymentStoreOptions, 'onWarning'> & {
      clock: Clock;
      isAlive: NonNullable<SqliteDeploymentStoreOptions['isAlive']>;
    },
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#isAlive = isAlive;
    this.#onWarning = onWarning;
  }

  async hold(name: string): Promise<Lease> {
    const owner = await leaseOwner(name);
    return holdLease({ table: this.#lease, owner, clock: this.#clock, isAlive: this.#isAlive, nameOf: nameOfOwner });
  }

  async holder(): Promise<string | undefined> {
    const row = await this.#lease.read();
    if (!row?.owner || (await this.#isAlive(row.owner)) === false) return undefined;
    return nameOfOwner(row.owner);
  }

  read(): Promise<DeploymentState | undefined> {
    return this.#store.useIfThere(undefined, (store) =>
      store.read((transaction) => readState(transaction, this.#onWarning)),
    );
  }

  write(state: DeploymentState, lease: Lease): Promise<void> {
    return this.#write('write the deployment to', async (transaction) => {
      requireLatest(await readLease(transaction), lease);
      await writeState(transaction, state, lease.fence);
    });
  }

  wish(wish: DeploymentWish): Promise<void> {
    return this.#write('leave a wish in', async (transaction) => {
      const sql = 'INSERT INTO deployment_wishes (wish) VALUES (?)';
      await transaction.execute({ sql, args: [JSON.stringify(wish)] });
    });
  }

  async takeWishes(lease: Lease, into: (wishes: readonly DeploymentWish[]) => DeploymentState) {
    // Asked often, and there are seldom any: that needs no lock.
    const [found, latest] = await this.#store.use((store) =>
      store.read(async (transaction) => [await readWishes(transaction), await readLease(transaction)] as const),
    );
    requireLatest(latest, lease);
    if (found.length === 0) return undefined;
    return this.#write('take wishes from', async (transaction) => {
      requireLatest(await readLease(transaction), lease);
      const state = into(await readWishes(transaction));
      await transaction.execute('DELETE FROM deployment_wishes');
      await writeState(transaction, state, lease.fence);
      return state;
    });
  }

  async addRewards(records: readonly RewardRecord[]): Promise<void> {
    for (let from = 0; from < records.length; from += PAGE) {
      const page = records.slice(from, from + PAGE);
      await this.#write('add rewards to', async (transaction) => {
        for (const record of page) await insertReward(transaction, record);
      });
    }
  }

  async *rewards(sinceWallMs: number): AsyncGenerator<readonly RewardRecord[]> {
    for (let afterRow = 0; ;) {
      const query = { sinceWallMs, afterRow, limit: PAGE };
      const nothing = { records: [], lastRow: afterRow };
      const page = await this.#store.useIfThere(nothing, (store) =>
        store.read((transaction) => readRewards(transaction, query)),
      );
      if (page.records.length === 0) return;
      yield page.records;
      afterRow = page.lastRow;
    }
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #write<T>(doing: string, use: Use<T>): Promise<T> {
    return this.#store.use((store) => store.write(doing, use));
  }

  readonly #lease: LeaseTable = {
    read: () => this.#store.useIfThere(undefined, (store) => store.read(readLease)),
    take: (seen, owner) =>
      this.#write('take the deployment of', async (transaction) => {
        const found = await readLease(transaction);
        if (found?.fence !== seen?.fence || found?.beat !== seen?.beat) return undefined;
        const mine = { owner, fence: (found?.fence ?? 0) + 1, beat: 0 };
        await writeLease(transaction, mine, this.#clock.wallMs());
        return mine;
      }),
    beat: (fence) =>
      this.#write('hold the deployment of', async (transaction) => {
        const found = await readLease(transaction);
        if (found?.fence !== fence || found.owner === '') return false;
        await writeLease(transaction, { ...found, beat: found.beat + 1 }, this.#clock.wallMs());
        return true;
      }),
    free: (fence) =>
      this.#write('let go of the deployment of', async (transaction) => {
        const found = await readLease(transaction);
        if (found?.fence !== fence) return;
        await writeLease(transaction, { owner: '', fence, beat: 0 }, this.#clock.wallMs());
      }),
  };
}

function requireLatest(latest: LeaseRow | undefined, { fence }: Lease): void {
  if (latest?.fence !== fence || latest.owner === '') throw leaseLost();
}

async function openTransactions(file: string): Promise<Transactions> {
  const connection: Connection = await openDatabase({ file, schema: ledgerSchema, clock: waitingClock });
  const identity = identityOf(file);
  const guarded = async <T>(doing: string, operation: () => Promise<T>): Promise<T> => {
    try {
      if (identityOf(file) !== identity) throw movedFile({ noun: 'ledger', file });
      return await retryWhenBusy({ operation, clock: waitingClock });
    } catch (cause) {
      if (TerraceError.isInstance(cause)) throw cause;
      throw ledgerFailure({ doing, file, cause });
    }
  };
  return {
    read: (use) => guarded('read the deployment in', () => connection.read(use)),
    write: (doing, use) => guarded(doing, () => connection.write(use)),
    close: () => connection.close(),
  };
}
