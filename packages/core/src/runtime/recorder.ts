import type { Ledger, LedgerEntry } from '../ports/ledger.js';
import type { Clock } from '../ports/clock.js';

/** Entries wait at most this long, so that an answer never waits for the disk. */
const FLUSH_MS = 200;
/** More than this waiting means that the ledger cannot be written; the oldest go. */
const MAX_WAITING = 10_000;

export interface Recorder {
  add(...entries: readonly LedgerEntry[]): void;
  /** Resolves when everything added so far is durable. @throws StorageError */
  flush(): Promise<void>;
}

/** Appends to the ledger in the background, in order and in batches. */
export function createRecorder({
  ledger,
  clock,
  onFailure,
}: {
  ledger: Ledger;
  clock: Clock;
  onFailure: (error: unknown) => void;
}): Recorder {
  let waiting: LedgerEntry[] = [];
  let timer: Promise<void> | undefined;
  let writing: Promise<void> = Promise.resolve();

  const write = (): Promise<void> => {
    writing = writing
      .catch(() => undefined)
      .then(async () => {
        const batch = waiting;
        waiting = [];
        if (batch.length === 0) return;
        try {
          await ledger.append(batch);
        } catch (error) {
          waiting = [...batch, ...waiting].slice(-MAX_WAITING);
          throw error;
        }
      });
    return writing;
  };

  return {
    add(...entries) {
      waiting.push(...entries);
      if (waiting.length > MAX_WAITING) waiting = waiting.slice(-MAX_WAITING);
      timer ??= clock.sleep(FLUSH_MS).then(async () => {
        timer = undefined;
        await write().catch(onFailure);
      });
    },
    flush: write,
  };
}
