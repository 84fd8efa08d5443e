import type { UseStore } from 'idb-keyval';
import { del, entries, get, set } from '../records/values.js';
import type { PartOrigin } from './part.js';

/** What is known of a file that is here, or on its way. */
export interface StoredRecord {
  /** Of the whole file. */
  readonly bytes: number;
  readonly isComplete: boolean;
  readonly lastUsedWallMs: number;
  /** Of a part: which version of the file it is of. */
  readonly origin: PartOrigin | undefined;
}

const SHA256 = /^[0-9a-f]{64}$/;
/** Before and after `calibration` and `catalog`, whose records are large, and not read for an index. */
const OF_FILES = [
  (): IDBKeyRange => IDBKeyRange.upperBound('cag'),
  (): IDBKeyRange => IDBKeyRange.lowerBound('cb'),
] as const;

/**
 * What is in the store, by sha256: read once, so that it answers at once; written behind. It may be wrong, for the
 * browser evicts files and other tabs bring them; who relies on an entry looks at the file.
 */
export class StoreIndex {
  readonly #records: UseStore;
  readonly #known: Map<string, StoredRecord>;

  private constructor(records: UseStore, known: Map<string, StoredRecord>) {
    this.#records = records;
    this.#known = known;
  }

  /** Without a database everything is looked for anew: what is here is then found when it is asked for. */
  static async open(records: UseStore): Promise<StoreIndex> {
    const known = new Map<string, StoredRecord>();
    const parts = OF_FILES.map((range) => entries(records, range()).catch(() => []));
    for (const [key, value] of (await Promise.all(parts)).flat()) {
      const record = typeof key === 'string' && SHA256.test(key) ? readRecord(value) : undefined;
      if (record) known.set(key as string, record);
    }
    return new StoreIndex(records, known);
  }

  get(sha256: string): StoredRecord | undefined {
    return this.#known.get(sha256);
  }

  all(): ReadonlyMap<string, StoredRecord> {
    return this.#known;
  }

  /** Looks whether another tab has brought the file, or thrown it away. */
  async refresh(sha256: string): Promise<void> {
    try {
      const record = readRecord(await get<unknown>(sha256, this.#records));
      if (record) this.#known.set(sha256, record);
      else this.#known.delete(sha256);
    } catch {
      // What was known before has to do.
    }
  }

  /** Resolves when it is kept, or cannot be: an index that is lost costs time and no file. */
  async set(sha256: string, record: StoredRecord): Promise<void> {
    this.#known.set(sha256, record);
    await set(sha256, record, this.#records).catch(() => undefined);
  }

  async delete(sha256: string): Promise<void> {
    this.#known.delete(sha256);
    await del(sha256, this.#records).catch(() => undefined);
  }
}

/** @returns undefined for what is none: the database may be another's, or of another release */
function readRecord(value: unknown): StoredRecord | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { bytes, isComplete, lastUsedWallMs, origin } = value as Record<string, unknown>;
  if (typeof bytes !== 'number' || typeof isComplete !== 'boolean' || typeof lastUsedWallMs !== 'number') {
    return undefined;
  }
  return { bytes, isComplete, lastUsedWallMs, origin: readOrigin(origin) };
}

function readOrigin(value: unknown): PartOrigin | undefined {
  const { url, etag } = (value ?? {}) as Record<string, unknown>;
  return typeof url === 'string' && typeof etag === 'string' ? { url, etag } : undefined;
}
