import { resolve } from 'node:path';
import { StorageError, type Clock, type Ledger } from '@terrace/core';
import { isCorrupt } from '../sqlite/database-failure.js';
import { identityOf, wasMoved } from '../sqlite/moved-file.js';
import { quarantine } from '../sqlite/quarantine.js';
import { openSqliteLedger } from './sqlite-ledger.js';

/**
 * The ledger of a runtime that must answer whatever happens to its disk. A file that cannot be opened is tried again
 * at every append, which rejects until then; a damaged one is set aside and a new one is started; one that was moved
 * or removed is created anew.
 * @param onWarning told of what was set aside
 */
export async function openRecoveringLedger({
  file,
  clock,
  onWarning,
}: {
  file: string;
  clock: Clock;
  onWarning: (warning: StorageError) => void;
}): Promise<Ledger> {
  const ledger = new RecoveringLedger(resolve(file), clock, onWarning);
  await ledger.open().catch(() => undefined);
  return ledger;
}

class RecoveringLedger implements Ledger {
  #opened: Ledger | undefined;
  #opening: Promise<Ledger> | undefined;
  #failure: unknown;
  #closing: Promise<void> | undefined;

  constructor(
    readonly file: string,
    readonly clock: Clock,
    readonly onWarning: (warning: StorageError) => void,
  ) {}

  /** @throws StorageError */
  async open(): Promise<Ledger> {
    if (this.#closing) throw isClosed(this.file);
    if (this.#opened) return this.#opened;
    this.#opening ??= this.#openFile().finally(() => (this.#opening = undefined));
    try {
      return (this.#opened = await this.#opening);
    } catch (error) {
      this.#failure = error;
      throw error;
    }
  }

  async append(entries: Parameters<Ledger['append']>[0]): Promise<void> {
    // At once where it is open: callers may reuse what they passed, and their order counts.
    const opened = this.#closing ? undefined : this.#opened;
    await this.#use(opened ?? (await this.open()), (ledger) => ledger.append(entries));
  }

  async outcomes(query?: Parameters<Ledger['outcomes']>[0]) {
    return this.#use(this.#readable(), (ledger) => ledger.outcomes(query));
  }

  async outcome(requestId: string) {
    return this.#use(this.#readable(), (ledger) => ledger.outcome(requestId));
  }

  async feedback(query?: Parameters<Ledger['feedback']>[0]) {
    return this.#use(this.#readable(), (ledger) => ledger.feedback(query));
  }

  /** What was read of a file whose damage shows on the way is no report: it rejects, and the next one is whole. */
  async *review(query?: Parameters<Ledger['review']>[0]) {
    const ledger = this.#readable();
    try {
      yield* ledger.review(query);
    } catch (error) {
      await this.#leave(ledger, error);
      throw error;
    }
  }

  /** While there is no file nothing is known of this device, which is no failure of a request. */
  async statistics() {
    if (this.#closing) throw isClosed(this.file);
    return this.#opened ? this.#use(this.#opened, (ledger) => ledger.statistics()) : [];
  }

  close(): Promise<void> {
    return (this.#closing ??= Promise.resolve(this.#opening)
      .catch(() => undefined)
      .then(() => this.#opened?.close()));
  }

  /** @throws StorageError, the reason why there is no open file */
  #readable(): Ledger {
    if (this.#closing) throw isClosed(this.file);
    if (!this.#opened) throw this.#failure;
    return this.#opened;
  }

  /** Once more, on another file, where the file itself is at fault. */
  async #use<T>(ledger: Ledger, operation: (ledger: Ledger) => Promise<T>): Promise<T> {
    try {
      return await operation(ledger);
    } catch (error) {
      if (!(await this.#leave(ledger, error))) throw error;
      return operation(await this.open());
    }
  }

  /** Lets go of a file that is at fault itself. @returns whether it is */
  async #leave(ledger: Ledger, error: unknown): Promise<boolean> {
    if (this.#closing || !(isCorrupt(error) || wasMoved(error))) return false;
    if (this.#opened === ledger) {
      const damaged = isCorrupt(error) ? identityOf(this.file) : undefined;
      this.#opened = undefined;
      this.#setAside(damaged, error);
      // What still runs on it fails in the same way, and comes here too.
      await ledger.close();
    }
    return true;
  }

  async #openFile(): Promise<Ledger> {
    const { file } = this;
    const found = identityOf(file);
    try {
      return await openSqliteLedger({ file });
    } catch (error) {
      if (!isCorrupt(error)) throw error;
      this.#setAside(found, error);
      return openSqliteLedger({ file });
    }
  }

  #setAside(damaged: string | undefined, cause: unknown): void {
    const aside = quarantine({ noun: 'ledger', file: this.file, damaged, wallMs: this.clock.wallMs() });
    if (aside === undefined) return;
    this.onWarning(
      new StorageError({
        message: `The ledger ${this.file} is damaged. It was set aside as ${aside}, and a new one was started.`,
        hint: 'Run `terrace doctor --fix`: it takes over every row that can still be read.',
        facts: { file: this.file, aside },
        cause,
      }),
    );
  }
}

const isClosed = (file: string): StorageError =>
  new StorageError({
    message: `The ledger ${file} is closed`,
    hint: 'Create another runtime.',
    facts: { file, sqliteCode: 'CLIENT_CLOSED' },
  });
