import { describeLedgerContract } from './ledger-contract.js';
import { createMemoryLedger } from './memory-ledger.js';

describeLedgerContract('the memory ledger', async () => ({ ledger: createMemoryLedger() }));
