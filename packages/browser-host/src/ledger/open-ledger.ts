import type { Ledger } from '@terrace/core';
import { isRefused } from '../indexed-db/database-failure.js';
import { IndexedDbLedger, type IndexedDbLedgerOptions, type ReaderModule } from './indexed-db-ledger.js';
import type { openMemoryLedger } from './memory-ledger.js';

/** What reads a ledger, and what one is that cannot be stored: perhaps in a file of its own, as no request needs it. */
interface LedgerModule extends ReaderModule {
  readonly openMemoryLedger: typeof openMemoryLedger;
}

export interface BrowserLedgerOptions extends Omit<IndexedDbLedgerOptions, 'loadReader'> {
  readonly load: () => Promise<LedgerModule>;
}

/**
 * The ledger of a page that must answer whatever its browser lets it store. Where that is nothing (no IndexedDB, site
 * data blocked, a sandboxed frame) it lasts as long as the page, with a warning. A database that cannot be opened for
 * another reason is tried again at every call, which rejects until then.
 */
export function createBrowserLedger({ load, ...options }: BrowserLedgerOptions): Ledger {
  const stored = new IndexedDbLedger({ ...options, loadReader: load });
  let memory: Promise<Ledger> | undefined;

  const open = async (cause: unknown): Promise<Ledger> => (await load()).openMemoryLedger(options, cause);
  const fallBack = (cause: unknown): Promise<Ledger> => {
    if (!memory) {
      const opening = (memory = open(cause));
      opening.catch(() => (memory = undefined));
    }
    return memory;
  };
  const use = async <T>(operation: (ledger: Ledger) => Promise<T>): Promise<T> => {
    if (memory) return operation(await memory);
    try {
      return await operation(stored);
    } catch (error) {
      if (!isRefused(error)) throw error;
      return operation(await fallBack(error));
    }
  };

  const either = <N extends 'append' | 'outcomes' | 'outcome' | 'feedback' | 'statistics'>(name: N): Ledger[N] =>
    ((asked: never) => use((ledger) => ledger[name](asked) as Promise<unknown>)) as Ledger[N];

  return {
    append: either('append'),
    batchEntries: () => stored.batchEntries(),
    outcomes: either('outcomes'),
    outcome: either('outcome'),
    async *review(query) {
      // What the browser refuses it refuses before the first page.
      yield* await use(async (ledger) => {
        await ledger.statistics();
        return ledger.review(query);
      });
    },
    feedback: either('feedback'),
    statistics: either('statistics'),
    async close() {
      await Promise.all([stored.close(), memory?.then((ledger) => ledger.close())]);
    },
  };
}
