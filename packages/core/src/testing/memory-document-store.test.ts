import { describeDocumentStoreContract } from './document-store-contract.js';
import { createMemoryDocumentStore } from './memory-document-store.js';

describeDocumentStoreContract('in memory', async () => createMemoryDocumentStore());
