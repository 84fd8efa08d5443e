import { StorageError } from '../errors/storage-error.js';
import type { Clock } from '../ports/clock.js';
import type { Ledger, LedgerEntry } from '../ports/ledger.js';

/** Entries wait at most this long, so that an answer never waits for the disk. */
const FLUSH_MS = 200;
/** A ledger that cannot be written is asked again after a wait that doubles up to this. */
const LONGEST_RETRY_MS = 30_000;
/** Written in one go where the ledger does not say: it may keep the event loop waiting for as long as that takes. */
const BATCH = 64;
/** More than this waiting means that the ledger cannot be written; the oldest go. */
const MAX_WAITING = 10_000;

/** An entry, or what makes it when it is written: no answer waits for that. */
type Added = LedgerEntry | (() => LedgerEntry);

export interface Recorder {
  add(...entries: readonly Added[]): void;
  /**
   * Resolves when everything added so far is durable, apart from entries that no ledger can keep.
   * @throws StorageError when it is not; also once after records had to go, as nobody can count on those
   */
  flush(): Promise<void>;
  /** The last flush, of which a failure is told to the host unless it knows already. Never rejects. */
  close(): Promise<void>;
}

/**
 * Appends to the ledger in the background, in order and in batches. While the ledger cannot be written, entries wait
 * in memory and it is asked again with growing pauses.
 * @param onFailure told once an outage, of the first records lost in it, and of every entry that is refused
 */
export function createRecorder({
  ledger,
  clock,
  onFailure,
}: {
  ledger: Pick<Ledger, 'append' | 'batchEntries'>;
  clock: Clock;
  onFailure: (error: unknown) => void;
}): Recorder {
  let waiting: Added[] = [];
  let timer: Promise<void> | undefined;
  let writing: Promise<void> = Promise.resolve();
  let retryMs = FLUSH_MS;
  let busy = false;
  let closed = false;
  let lost = 0;
  let overflowTold = false;
  let outage: { told: boolean } | undefined;
  const closing = new AbortController();

  const keepNewest = (): void => {
    if (waiting.length <= MAX_WAITING) return;
    lost += waiting.length - MAX_WAITING;
    waiting = waiting.slice(-MAX_WAITING);
    if (overflowTold) return;
    overflowTold = true;
    onFailure(overflow());
  };

  /** One entry that can never be kept must not hold up the others: halves find it in few appends. */
  const append = async (batch: readonly LedgerEntry[]): Promise<void> => {
    try {
      await ledger.append(batch);
    } catch (error) {
      if (!isEntryFault(error)) throw new Unwritten(batch, error);
      if (batch.length === 1) return onFailure(error);
      const middle = batch.length >> 1;
      const rest = batch.slice(middle);
      await append(batch.slice(0, middle)).catch((failed: unknown) => {
        throw failed instanceof Unwritten ? new Unwritten([...failed.entries, ...rest], failed.cause) : failed;
      });
      await append(rest);
    }
  };

  const writeAll = async (): Promise<void> => {
    const added = waiting.length;
    for (let written = 0; written < added && waiting.length > 0;) written += await writeBatch();
  };

  const batchSize = (): number => ledger.batchEntries?.() ?? BATCH;

  /** @returns how many entries were written */
  const writeBatch = async (): Promise<number> => {
    const size = batchSize();
    const batch = waiting.slice(0, size).map(made);
    waiting = waiting.slice(size);
    try {
      await append(batch);
      outage = undefined;
      overflowTold = false;
      retryMs = FLUSH_MS;
      return batch.length;
    } catch (failed) {
      if (!(failed instanceof Unwritten)) throw failed;
      outage ??= { told: false };
      // They may wait for long now, and hold on to less.
      waiting = [...failed.entries, ...waiting.map(made)];
      keepNewest();
      writeLater();
      throw failed.cause;
    }
  };

  const write = (): Promise<void> => {
    busy = true;
    const turn = writing.catch(() => undefined).then(writeAll);
    writing = turn;
    const rest = (): void => {
      if (writing === turn) busy = false;
    };
    turn.then(rest, rest);
    return turn;
  };

  const writeAndTell = (): Promise<void> =>
    write().catch((error: unknown) => {
      if (outage?.told) return;
      if (outage) outage.told = true;
      onFailure(error);
    });

  function writeLater(): void {
    if (timer || closed) return;
    if (outage) retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS);
    timer = clock.sleep(retryMs, closing.signal).then(async () => {
      timer = undefined;
      if (!closed) await writeAndTell();
    });
  }

  return {
    add(...entries) {
      waiting.push(...entries);
      keepNewest();
      if (waiting.length >= batchSize() && !busy && !outage && !closed) void writeAndTell();
      else writeLater();
    },
    async flush() {
      await write();
      if (lost === 0) return;
      const error = gone(lost);
      lost = 0;
      throw error;
    },
    async close() {
      closed = true;
      closing.abort();
      await writeAndTell();
      if (lost > 0) onFailure(gone(lost));
    },
  };
}

const made = (added: Added): LedgerEntry => (typeof added === 'function' ? added() : added);

/** What is left to write, and why. */
class Unwritten {
  constructor(
    readonly entries: readonly LedgerEntry[],
    readonly cause: unknown,
  ) {}
}

const isEntryFault = (error: unknown): boolean => StorageError.isInstance(error) && error.facts['fault'] === 'entry';

const overflow = (): StorageError =>
  new StorageError({
    message: `The ledger cannot be written, and ${MAX_WAITING} records wait in memory: the oldest are let go from now on.`,
    hint: 'Make room where it is stored: the disk of TERRACE_HOME (`terrace doctor` says what is wrong), or the data of the site.',
    facts: { waiting: MAX_WAITING },
  });

const gone = (lost: number): StorageError =>
  new StorageError({
    message: `${lost} records were let go while the ledger could not be written; all others are durable.`,
    hint: 'Nothing is left to do for them. Watch the free space where it is stored.',
    facts: { lost },
  });
