import { join } from 'node:path';

/** The file with the documents' passages. */
export const documentsFile = (home: string): string => join(home, 'documents.db');
