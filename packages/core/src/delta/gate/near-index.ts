import { seededRandom } from '../../evaluate/seeded-random.js';

/** Characters of a shingle; characters, so that languages without spaces are compared alike. */
const GRAM = 4;
/** Texts this short have few shingles, and one word more makes another request of them. */
const SHORT = 20;
/** Longest part of a text that is compared. */
const MAX_CHARACTERS = 2000;
/** How alike two texts are wanted: MinHash of so many bands of so many rows proposes, the exact similarity decides. */
export interface Likeness {
  readonly bands: number;
  readonly rows: number;
  /** Least Jaccard similarity of the 4-grams, and of texts of which one is short. */
  readonly similarity: number;
  readonly ofShort: number;
  /** Candidates that are compared with one text: boilerplate must not make the work quadratic. */
  readonly maxCandidates: number;
}

/** A pair of similarity .8 is missed once in five thousand. */
const NEARLY_EQUAL: Likeness = { bands: 16, rows: 4, similarity: 0.8, ofShort: 0.9, maxCandidates: 32 };
/** The same sentence with some words changed: half of all 4-grams are in both. Such a pair is missed once in seventeen. */
export const VARIATION: Likeness = { bands: 21, rows: 3, similarity: 0.5, ofShort: 0.5, maxCandidates: 128 };

/** Offset and factor of each of the 64 hash functions, in turn: fixed, so that the same texts are always found. */
const FUNCTIONS = hashFunctions(64);

/**
 * Finds texts that resemble one that was added: MinHash over 4-grams of characters proposes, the exact Jaccard similarity
 * of the 4-grams decides.
 * @see Broder, On the resemblance and containment of documents (1997)
 */
export class NearIndex {
  readonly #likeness: Likeness;
  readonly #grams: Int32Array[] = [];
  readonly #texts: string[] = [];
  readonly #buckets: readonly Map<number, number[]>[];

  constructor(likeness: Likeness = NEARLY_EQUAL) {
    this.#likeness = likeness;
    this.#buckets = Array.from({ length: likeness.bands }, () => new Map<number, number[]>());
  }

  /** The earliest added text that resembles this one, by its number; what is not found is added if it is asked. */
  find(text: string, add: 'add-if-new' | 'add' | 'look-only'): number | undefined {
    const grams = gramsOf(text);
    const keys = bandKeys(grams, this.#likeness);
    let found: number | undefined;
    for (const each of this.#candidates(keys)) {
      if (found !== undefined && each > found) continue;
      if (this.#isAlike(each, text, grams)) found = each;
    }
    if (add === 'add' || (add === 'add-if-new' && found === undefined)) this.#add(text, grams, keys);
    return found;
  }

  /** All added texts that resemble this one, which is added. */
  findAll(text: string): readonly number[] {
    const grams = gramsOf(text);
    const keys = bandKeys(grams, this.#likeness);
    const found = [...this.#candidates(keys)].filter((each) => this.#isAlike(each, text, grams));
    this.#add(text, grams, keys);
    return found;
  }

  #candidates(keys: Int32Array): ReadonlySet<number> {
    const { maxCandidates } = this.#likeness;
    const candidates = new Set<number>();
    for (const [band, bucket] of this.#buckets.entries()) {
      for (const each of bucket.get(keys[band]!) ?? []) {
        candidates.add(each);
        if (candidates.size === maxCandidates) return candidates;
      }
    }
    return candidates;
  }

  #isAlike(candidate: number, text: string, grams: Int32Array): boolean {
    const { similarity, ofShort } = this.#likeness;
    const wanted = Math.min(text.length, this.#texts[candidate]!.length) < SHORT ? ofShort : similarity;
    return jaccard(grams, this.#grams[candidate]!) >= wanted;
  }

  #add(text: string, grams: Int32Array, keys: Int32Array): void {
    const id = this.#grams.push(grams) - 1;
    this.#texts.push(text);
    for (const [band, bucket] of this.#buckets.entries()) {
      const members = bucket.get(keys[band]!);
      if (members) members.push(id);
      else bucket.set(keys[band]!, [id]);
    }
  }
}

/** Sorted hashes of the distinct 4-grams. */
function gramsOf(text: string): Int32Array {
  const length = Math.min(text.length, MAX_CHARACTERS);
  const count = Math.max(1, length - GRAM + 1);
  const all = new Int32Array(count);
  for (let at = 0; at < count; at++) {
    let hash = 0x811c9dc5;
    for (let i = at; i < Math.min(length, at + GRAM); i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    all[at] = hash;
  }
  all.sort();
  let distinct = 0;
  for (let i = 0; i < count; i++) if (i === 0 || all[i] !== all[i - 1]) all[distinct++] = all[i]!;
  return all.slice(0, distinct);
}

/** One key a band: what texts have in common that may nearly equal each other. */
function bandKeys(grams: Int32Array, { bands, rows }: Likeness): Int32Array {
  const keys = new Int32Array(bands);
  for (let band = 0; band < bands; band++) {
    let key = 0x811c9dc5;
    for (let row = 0; row < rows; row++) {
      const at = 2 * (band * rows + row);
      const [offset, factor] = [FUNCTIONS[at]!, FUNCTIONS[at + 1]!];
      let least = 0x7fffffff;
      for (let i = 0; i < grams.length; i++) {
        const mixed = Math.imul(grams[i]! ^ offset, factor);
        const hash = mixed ^ (mixed >>> 15);
        if (hash < least) least = hash;
      }
      key = Math.imul(key ^ least, 0x01000193);
    }
    keys[band] = key;
  }
  return keys;
}

/** Of two sorted lists without repeats. */
function jaccard(a: Int32Array, b: Int32Array): number {
  let shared = 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (a[i] === b[j]) {
      shared++;
      i++;
      j++;
    } else if (a[i]! < b[j]!) i++;
    else j++;
  }
  return shared / (a.length + b.length - shared);
}

function hashFunctions(count: number): Int32Array {
  const random = seededRandom(1);
  return Int32Array.from({ length: 2 * count }, (_, i) => {
    const word = Math.floor(random() * 2 ** 32) | 0;
    return i % 2 === 0 ? word : word | 1;
  });
}
