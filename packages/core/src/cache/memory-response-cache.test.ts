import { createMemoryResponseCache } from './memory-response-cache.js';
import { describeResponseCacheContract } from '../testing/response-cache-contract.js';

describeResponseCacheContract('memory', async (bounds) => ({ store: createMemoryResponseCache(bounds) }));
