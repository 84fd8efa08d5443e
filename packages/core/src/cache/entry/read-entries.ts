import type { KeptAnswer } from '../../ports/response-cache.js';
import type { Entry } from './entry-schema.js';
import { questionText } from './question-text.js';

const MAX_BYTES = 12 * 2 ** 20;
/** What is read from a body takes three times as much as that. */
const BYTES_A_CHARACTER = 3;

/**
 * Entries that were unsealed, those that were asked for last. One is given for an answer that is the same to the letter:
 * a store may give another object each time, and what was changed in its file is unsealed anew.
 */
export class ReadEntries {
  readonly #maxBytes: number;
  /** By key, least recently used first. */
  readonly #read = new Map<string, { readonly answer: KeptAnswer; readonly entry: Entry }>();
  #bytes = 0;

  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  get(answer: KeptAnswer): Entry | undefined {
    const found = this.#read.get(answer.key);
    if (!found || !isSame(found.answer, answer)) return undefined;
    this.#read.delete(answer.key);
    this.#read.set(answer.key, found);
    return found.entry;
  }

  keep(answer: KeptAnswer, entry: Entry): void {
    this.drop(answer.key);
    this.#read.set(answer.key, { answer, entry });
    this.#bytes += bytesOf(answer);
    for (const key of this.#read.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.drop(key);
    }
  }

  clear(): void {
    this.#read.clear();
    this.#bytes = 0;
  }

  drop(key: string): void {
    const found = this.#read.get(key);
    if (!found) return;
    this.#read.delete(key);
    this.#bytes -= bytesOf(found.answer);
  }
}

const bytesOf = ({ body }: KeptAnswer): number => BYTES_A_CHARACTER * body.length;

/** In all that its seal is of. */
const isSame = (a: KeptAnswer, b: KeptAnswer): boolean =>
  a === b ||
  (a.storedAtWallMs === b.storedAtWallMs &&
    a.expiresAtWallMs === b.expiresAtWallMs &&
    a.tenant === b.tenant &&
    a.scope === b.scope &&
    a.body === b.body &&
    (a.question === b.question || questionText(a.question) === questionText(b.question)));
