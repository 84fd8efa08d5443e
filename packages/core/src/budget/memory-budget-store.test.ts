import { createMemoryBudgetStore } from './memory-budget-store.js';
import { describeBudgetStoreContract } from '../testing/budget-store-contract.js';

describeBudgetStoreContract('memory', async () => ({ store: createMemoryBudgetStore() }));
