/** An answer that may be given again. */
export interface KeptAnswer {
  /** sha256 of the canonical request, its tenant and the ladder: the request's text is in no field. */
  readonly key: string;
  /** What a semantic look-up stays within. */
  readonly scope: string;
  /** A keyed hash of whose it is. */
  readonly tenant: string;
  readonly tags: readonly string[];
  readonly storedAtWallMs: number;
  readonly expiresAtWallMs: number;
  /** The answer as JSON, as whoever asked first got it. */
  readonly body: string;
  /** How it is found by what is alike; undefined where only the same request finds it. */
  readonly question:
    | {
        readonly task: string;
        readonly domain: string | undefined;
        readonly encoder: string;
        readonly vector: Float32Array;
        readonly features: readonly string[];
        readonly answerId: string;
      }
    | undefined;
}

/** What a semantic index is filled from; `seq` grows with every change, whichever process made it. */
export type CacheChange =
  | {
      readonly kind: 'kept';
      readonly seq: number;
      readonly key: string;
      readonly scope: string;
      readonly question: NonNullable<KeptAnswer['question']>;
    }
  | { readonly kind: 'gone'; readonly seq: number; readonly key: string };

/** One question that was computed though something alike was there: what certificates are made of. Never a text. */
export interface ComparedRow {
  /** Task, domain, encoder and version of the guard. */
  readonly group: string;
  readonly score: number;
  readonly right: boolean;
  /** With which this row was drawn, in (0, 1]; 1 in shadow. */
  readonly probability: number;
  readonly kind: 'shadow' | 'audit' | 'pair';
  readonly atWallMs: number;
}

/** All conditions together; none means everything. */
export interface ForgetAnswers {
  readonly keys?: readonly string[];
  readonly tag?: string;
  readonly tenant?: string;
  readonly expiredAtWallMs?: number;
}

export interface CacheStats {
  readonly entries: number;
  readonly bytes: number;
  readonly oldestWallMs: number | undefined;
}

/** Where answers are kept; it keeps bounds of bytes and entries by itself, least recently used first. */
export interface ResponseCacheStore {
  /** As it was kept, expired or not. What cannot be read is removed and told as not there. */
  get(key: string): Promise<KeptAnswer | undefined>;
  /**
   * Replaces what has the same key. Durable once it resolves; what does not fit is evicted.
   * @throws StorageError
   */
  put(answers: readonly KeptAnswer[]): Promise<void>;
  /** They were given again: those go last. Best effort. */
  touch(keys: readonly string[]): Promise<void>;
  /** @returns how many went. @throws StorageError */
  forget(what: ForgetAnswers): Promise<number>;
  /** In pages; changes that were made while it is read come in it or in the next. */
  changes(sinceSeq: number): AsyncGenerator<readonly CacheChange[], void>;
  /** @throws StorageError */
  compare(rows: readonly ComparedRow[]): Promise<void>;
  /** Newest first. */
  compared(group: string, limit: number): Promise<readonly ComparedRow[]>;
  groups(): Promise<readonly string[]>;
  /** What is noted by name, as JSON without any text of a request. */
  note(name: string): Promise<string | undefined>;
  /** @throws StorageError */
  keepNote(name: string, json: string): Promise<void>;
  /** Made once with the store, 32 random bytes: tenants and words of questions are only kept hashed with it. */
  secret(): Promise<Uint8Array>;
  stats(): Promise<CacheStats>;
  close(): Promise<void>;
}
