import { describeLessonStoreContract } from './lesson-store-contract.js';
import { createMemoryLessons } from './memory-lessons.js';

describeLessonStoreContract('in memory', async (options) => createMemoryLessons(options));
