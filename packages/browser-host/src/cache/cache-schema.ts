import type { ComparedRow, KeptAnswer } from '@terrace/core/cache';
import type { DBSchema } from 'idb';
import type { Migration } from '../indexed-db/database.js';

/** When an answer was last kept or given, as a number that grows: wall clocks jump. Small, as it is written at every use. */
interface AnswerUse {
  readonly key: string;
  readonly used: number;
  /** About what the answer takes. */
  readonly bytes: number;
}

/** The last change of a key: whoever has read that it was kept with a question reads that it is gone. */
interface ChangeRow {
  readonly key: string;
  /** The number of this change, of what is gone. */
  readonly gone?: number;
}

/** What is counted and made once. */
export interface CacheState {
  readonly entries: number;
  readonly bytes: number;
  readonly lastUse: number;
  readonly lastSeq: number;
  readonly secret: Uint8Array;
}

export interface CacheSchema extends DBSchema {
  answers: {
    key: string;
    value: KeptAnswer;
    indexes: { byAge: number; byEnd: number; byTenant: string; byTag: string };
  };
  uses: { key: string; value: AnswerUse; indexes: { byUse: number } };
  /** By number. */
  changes: { key: number; value: ChangeRow; indexes: { byKey: string; byGone: number } };
  compared: { key: number; value: ComparedRow; indexes: { byGroup: string } };
  notes: { key: string; value: string };
  state: { key: 'state'; value: CacheState };
}

export const CACHE_STORES = ['answers', 'uses', 'changes', 'compared', 'notes', 'state'] as const;

const initial: Migration = (database) => {
  const answers = database.createObjectStore('answers', { keyPath: 'key' });
  answers.createIndex('byAge', 'storedAtWallMs');
  answers.createIndex('byEnd', 'expiresAtWallMs');
  answers.createIndex('byTenant', 'tenant');
  answers.createIndex('byTag', 'tags', { multiEntry: true });
  database.createObjectStore('uses', { keyPath: 'key' }).createIndex('byUse', 'used');
  const changes = database.createObjectStore('changes');
  changes.createIndex('byKey', 'key', { unique: true });
  changes.createIndex('byGone', 'gone');
  database.createObjectStore('compared', { autoIncrement: true }).createIndex('byGroup', 'group');
  database.createObjectStore('notes');
  database.createObjectStore('state');
};

export const CACHE_MIGRATIONS: readonly Migration[] = [initial];
