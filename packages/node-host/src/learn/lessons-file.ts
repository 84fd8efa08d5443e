import { join } from 'node:path';

/** The file with the texts that are learnt from. */
export const lessonsFile = (home: string): string => join(home, 'lessons.db');
