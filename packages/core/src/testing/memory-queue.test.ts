import { createMemoryQueue } from './memory-queue.js';
import { describeQueueContract } from './queue-contract.js';

describeQueueContract('the memory queue', async (options) => ({ queue: createMemoryQueue(options) }));
