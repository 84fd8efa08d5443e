import { createMemoryBudgetStore, type BudgetStore } from '@terrace/core/budget';
import { isRefused } from '../indexed-db/database-failure.js';
import { lastsForThePage } from '../indexed-db/lasts-for-the-page.js';
import { IndexedDbBudgetStore, type IndexedDbBudgetStoreOptions } from './indexed-db-budget-store.js';

/**
 * The spending of a page. Where its browser lets nothing be stored (no IndexedDB, site data blocked) it is counted as long
 * as the page lasts, with a warning. A database that cannot be opened for another reason is tried again at every call,
 * which rejects until then.
 */
export function openBrowserBudgetStore(options: IndexedDbBudgetStoreOptions): BudgetStore {
  const stored = new IndexedDbBudgetStore(options);
  let memory: BudgetStore | undefined;

  const fallBack = (cause: unknown): BudgetStore => {
    if (!memory) {
      memory = createMemoryBudgetStore();
      const loss = 'what is spent is forgotten with the page, and other tabs do not count it';
      options.onWarning(lastsForThePage({ noun: 'budgets', name: options.name }, loss, cause));
    }
    return memory;
  };
  const use = async <T>(operation: (store: BudgetStore) => Promise<T>): Promise<T> => {
    if (memory) return operation(memory);
    try {
      return await operation(stored);
    } catch (error) {
      if (!isRefused(error)) throw error;
      return operation(fallBack(error));
    }
  };

  return {
    reserve: (ask) => use((store) => store.reserve(ask)),
    settle: (id, amounts) => use((store) => store.settle(id, amounts)),
    spending: (periods) => use((store) => store.spending(periods)),
    hours: (budgetId, sinceWallMs) => use((store) => store.hours(budgetId, sinceWallMs)),
    close: () => stored.close(),
  };
}
