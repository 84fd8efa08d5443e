import { seededRandom } from '../../evaluate/seeded-random.js';

/** Characters of a shingle; characters, so that languages without spaces are compared alike. */
const GRAM = 4;
const BANDS = 16;
const ROWS = 4;
/** Texts this short have few shingles, and one word more makes another request of them. */
const SHORT = 20;
/** Longest part of a text that is compared. */
const MAX_CHARACTERS = 2000;
/** Candidates that are compared with one text: boilerplate must not make the work quadratic. */
const MAX_CANDIDATES = 32;

/** Offset and factor of each of the 64 hash functions, in turn: fixed, so that the same texts are always found. */
const FUNCTIONS = hashFunctions(BANDS * ROWS);

/**
 * Finds texts that nearly equal one that was added: MinHash over 4-grams of characters proposes (a pair of similarity .8
 * is missed once in five thousand), the exact Jaccard similarity of the 4-grams decides.
 * @see Broder, On the resemblance and containment of documents (1997)
 */
export class NearIndex {
  readonly #grams: Int32Array[] = [];
  readonly #texts: string[] = [];
  readonly #buckets = Array.from({ length: BANDS }, () => new Map<number, number[]>());

  /** The earliest added text that nearly equals this one, by its number; what is not found is added if it is asked. */
  find(text: string, add: 'add-if-new' | 'add' | 'look-only'): number | undefined {
    const grams = gramsOf(text);
    const keys = bandKeys(grams);
    const found = this.#nearest(text, grams, keys);
    if (add === 'add' || (add === 'add-if-new' && found === undefined)) this.#add(text, grams, keys);
    return found;
  }

  #nearest(text: string, grams: Int32Array, keys: Int32Array): number | undefined {
    const candidates = new Set<number>();
    for (let band = 0; band < BANDS && candidates.size < MAX_CANDIDATES; band++) {
      for (const each of this.#buckets[band]!.get(keys[band]!) ?? []) {
        candidates.add(each);
        if (candidates.size === MAX_CANDIDATES) break;
      }
    }
    let best: number | undefined;
    for (const each of candidates) {
      if (best !== undefined && each > best) continue;
      const wanted = Math.min(text.length, this.#texts[each]!.length) < SHORT ? 0.9 : 0.8;
      if (jaccard(grams, this.#grams[each]!) >= wanted) best = each;
    }
    return best;
  }

  #add(text: string, grams: Int32Array, keys: Int32Array): void {
    const id = this.#grams.push(grams) - 1;
    this.#texts.push(text);
    for (let band = 0; band < BANDS; band++) {
      const bucket = this.#buckets[band]!;
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
function bandKeys(grams: Int32Array): Int32Array {
  const keys = new Int32Array(BANDS);
  for (let band = 0; band < BANDS; band++) {
    let key = 0x811c9dc5;
    for (let row = 0; row < ROWS; row++) {
      const at = 2 * (band * ROWS + row);
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
