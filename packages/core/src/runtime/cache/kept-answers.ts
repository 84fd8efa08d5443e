import { createAges } from '../../cache/cache-expiry.js';
import { createEntryBodies, type EntryBodies } from '../../cache/entry/entry-body.js';
import { copyOf } from '../../cache/copy-of.js';
import type { Entry } from '../../cache/entry/entry-schema.js';
import { ReadEntries } from '../../cache/entry/read-entries.js';
import { createKeyedHash } from '../../cache/keyed-hash.js';
import type { KeptAnswer } from '../../ports/response-cache.js';
import { inTime } from './in-time.js';
import type { CachePorts } from './response-cache.js';

/** Longest that a request waits for the store before it is computed. */
const LOOK_MS = 50;
/** A store that is just being opened is waited for longer: what is asked first is kept as well. */
const OPEN_MS = 1000;
/** Answers given again that the store is told of at once, at most. */
const MAX_TOUCHED = 1024;
/** Tenants whose names are remembered hashed. */
const MAX_NAMES = 256;
/** Answers that are being written, at most: behind a store that takes its time, others are not kept. */
const MAX_BEING_KEPT = 256;

/** An answer that may be given again. */
export interface Found {
  /** Nobody else's. */
  readonly entry: Entry;
  readonly ageMs: number;
  readonly question: KeptAnswer['question'];
}

/** Of what an answer is kept under. */
export type Place = Pick<KeptAnswer, 'key' | 'scope' | 'tenant'>;

/** Where it is looked for; without a scope where the key is that of the request itself, which is of one scope only. */
export type Sought = Omit<Place, 'scope'> & { readonly scope?: string };

export interface ToKeep extends Place, Pick<KeptAnswer, 'tags' | 'question'> {
  readonly entry: Entry;
  readonly ttlMs: number | undefined;
}

interface Keys {
  readonly hash: (text: string) => string;
  readonly bodies: EntryBodies;
}

/** The store as the cache sees it: sealed entries that are fresh, or nothing. */
export class KeptAnswers {
  readonly #ports: KeptPorts;
  readonly #ages: ReturnType<typeof createAges>;
  /** What is being written is found already. */
  readonly #beingKept = new Map<string, KeptAnswer>();
  readonly #read = new ReadEntries();
  readonly #names = new Map<string, string>();
  readonly #touched = new Set<string>();
  #opened: Keys | undefined;
  #opening: Promise<Keys> | undefined;
  #openingFromMs = 0;

  constructor(ports: KeptPorts) {
    this.#ports = ports;
    this.#ages = createAges(ports.clock);
  }

  /** Undefined while the store does not answer. */
  async hashOf(tenant: string): Promise<string | undefined> {
    const known = this.#names.get(tenant);
    if (known !== undefined) return known;
    const hash = (await this.#keys())?.hash(tenant);
    if (this.#names.size >= MAX_NAMES) this.#names.clear();
    if (hash !== undefined) this.#names.set(tenant, hash);
    return hash;
  }

  /** How tenants are named in the store, however long that takes. @throws what the store throws */
  async hash(): Promise<(tenant: string) => string> {
    return (this.#opened ?? (await this.#open())).hash;
  }

  /** What lies under a key, if it belongs there and its time is not over. Never rejects. */
  async get({ key, scope, tenant }: Sought): Promise<Found | undefined> {
    const keys = this.#opened ?? (await this.#keys());
    const answer = keys && (this.#beingKept.get(key) ?? (await this.#inTime(this.#ports.store.get(key))));
    if (answer?.key !== key || answer.tenant !== tenant) return undefined;
    if (scope !== undefined && answer.scope !== scope) return undefined;
    const ageMs = this.#ages.ageOf(answer, this.#ports.settings.ttlMs);
    if (ageMs === undefined) return undefined;
    const read = this.#read.get(answer);
    const entry = read ?? keys!.bodies.read(answer);
    if (!entry) {
      this.#ports.store.forget({ keys: [key] }).catch((error: unknown) => this.#ports.tell('store', error));
      return undefined;
    }
    if (!read) this.#read.keep(answer, entry);
    this.#touch(key);
    return { entry: copyOf(entry), ageMs, question: answer.question };
  }

  /** @returns whether it was kept: what is too large is not, and what a slow store cannot take. @throws what the store throws */
  async keep({ entry, ttlMs = Infinity, ...place }: ToKeep): Promise<boolean> {
    const { store, clock, settings } = this.#ports;
    if (this.#beingKept.size >= MAX_BEING_KEPT) return false;
    const { bodies } = this.#opened ?? (await this.#open());
    const storedAtWallMs = Math.floor(clock.wallMs());
    const dated = { ...place, storedAtWallMs, expiresAtWallMs: storedAtWallMs + Math.min(ttlMs, settings.ttlMs) };
    const body = bodies.write(dated, entry);
    if (body === undefined) return false;
    const answer: KeptAnswer = { ...dated, body };
    // From here on it ages by the steady clock as well.
    this.#ages.ageOf(answer, settings.ttlMs);
    this.#beingKept.set(answer.key, answer);
    try {
      // What was given again lately is not what is evicted for it.
      await this.flush();
      await store.put([answer]);
    } finally {
      if (this.#beingKept.get(answer.key) === answer) this.#beingKept.delete(answer.key);
    }
    return true;
  }

  /** What was forgotten stays nowhere in memory. */
  letGoOfRead(): void {
    this.#read.clear();
  }

  /** Tells the store what was given again. Never rejects. */
  async flush(): Promise<void> {
    if (this.#touched.size === 0) return;
    const keys = [...this.#touched];
    this.#touched.clear();
    await this.#ports.store.touch(keys).catch((error: unknown) => this.#ports.tell('store', error));
  }

  #touch(key: string): void {
    this.#touched.add(key);
    if (this.#touched.size >= MAX_TOUCHED) void this.flush();
  }

  async #keys(): Promise<Keys | undefined> {
    if (this.#opened) return this.#opened;
    const opening = this.#open();
    const leftMs = this.#openingFromMs + OPEN_MS - this.#ports.clock.nowMs();
    return this.#inTime(opening, Math.max(LOOK_MS, leftMs));
  }

  #open(): Promise<Keys> {
    if (!this.#opening) this.#openingFromMs = this.#ports.clock.nowMs();
    return (this.#opening ??= this.#readKeys().finally(() => (this.#opening = undefined)));
  }

  async #readKeys(): Promise<Keys> {
    const hash = createKeyedHash(await this.#ports.store.secret(), this.#ports.startHash);
    return (this.#opened = { hash, bodies: createEntryBodies(hash) });
  }

  #inTime<T>(work: Promise<T>, withinMs = LOOK_MS): Promise<T | undefined> {
    return inTime(work, withinMs, this.#ports.clock, (error) => this.#ports.tell('store', error));
  }
}

export interface KeptPorts extends Pick<CachePorts, 'store' | 'settings' | 'clock' | 'startHash'> {
  /** Of a failure that no request reports. */
  readonly tell: (kind: string, error: unknown) => void;
}
