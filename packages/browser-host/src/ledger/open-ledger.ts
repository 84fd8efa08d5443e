import { StorageError, type Ledger } from '@terrace/core';
import { isRefused } from '../indexed-db/database-failure.js';
import { IndexedDbLedger, type IndexedDbLedgerOptions } from './indexed-db-ledger.js';
import { createMemoryLedger } from './memory-ledger.js';

/**
 * The ledger of a page that must answer whatever its browser lets it store. Where that is nothing (no IndexedDB, site
 * data blocked, a sandboxed frame) it lasts as long as the page, with a warning. A database that cannot be opened for
 * another reason is tried again at every call, which rejects until then.
 */
export function createBrowserLedger(options: IndexedDbLedgerOptions): Ledger {
  const stored = new IndexedDbLedger(options);
  let memory: Ledger | undefined;

  const fallBack = (cause: unknown): Ledger => {
    if (!memory) options.onWarning(lastsForThePage(options.name, cause));
    return (memory ??= createMemoryLedger());
  };
  const use = async <T>(operation: (ledger: Ledger) => Promise<T>): Promise<T> => {
    if (memory) return operation(memory);
    try {
      return await operation(stored);
    } catch (error) {
      if (!isRefused(error)) throw error;
      return operation(fallBack(error));
    }
  };

  return {
    append: (entries) => use((ledger) => ledger.append(entries)),
    batchEntries: () => stored.batchEntries(),
    outcomes: (query) => use((ledger) => ledger.outcomes(query)),
    outcome: (requestId) => use((ledger) => ledger.outcome(requestId)),
    async *review(query) {
      // What the browser refuses it refuses before the first page.
      yield* await use(async (ledger) => {
        await ledger.statistics();
        return ledger.review(query);
      });
    },
    feedback: (query) => use((ledger) => ledger.feedback(query)),
    statistics: () => use((ledger) => ledger.statistics()),
    async close() {
      await Promise.all([stored.close(), memory?.close()]);
    },
  };
}

const lastsForThePage = (name: string, cause: unknown): StorageError =>
  new StorageError({
    message: `The ledger "${name}" cannot be stored: what it learns of this device lasts no longer than the page.`,
    hint: 'Allow the site to store data: no private window, cookies and site data not blocked.',
    facts: { database: name },
    cause,
  });
