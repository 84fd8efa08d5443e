import { join } from 'node:path';

/** Where answers are kept that may be given again. */
export const cacheFileOf = (home: string): string => join(home, 'cache.db');
