import { createHash } from 'node:crypto';
import { createFakeCatalogSource } from './fake-catalog-source.js';
import { createFakeClock } from './fake-clock.js';
import { createMemoryRevisions } from './memory-revisions.js';
import { describeRevisionStoreContract } from './revision-store-contract.js';

const startHash = () => {
  const hash = createHash('sha256');
  return { update: (bytes: Uint8Array) => void hash.update(bytes), digest: () => hash.digest('hex') };
};

describeRevisionStoreContract('the memory store', () => {
  const catalog = createFakeCatalogSource();
  return {
    revisions: createMemoryRevisions({ source: catalog, clock: createFakeClock(), startHash }),
    catalog,
    startHash,
  };
});
