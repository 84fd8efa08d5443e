/** Tokens of a word: the two neighbours that were merged first in training become one, again and again. */
export type MergeWord = (word: string) => string[];

/** Of a heap's entry: the place in the word. */
const PLACES = 2 ** 31;
/** No pair has it. */
const NONE = -1;

/**
 * Byte-pair merges for words of any length, in n log n steps over numbers. The library's own take objects and texts of pairs,
 * seconds for a word of 100,000 letters.
 * @param merges pairs in the order of their training; of equal ones the last counts
 */
export function createMergeWord(merges: readonly (readonly [string, string])[]): MergeWord {
  const ids = new Map<string, number>();
  const texts: string[] = [];
  const idOf = (text: string): number => {
    let id = ids.get(text);
    if (id === undefined) ids.set(text, (id = texts.push(text) - 1));
    return id;
  };
  /** By the left one: ranks by the right one. */
  const ranks: (Map<number, number> | undefined)[] = [];
  const merged = merges.map(([left, right], rank) => {
    const [from, to] = [idOf(left), idOf(right)];
    (ranks[from] ??= new Map()).set(to, rank);
    return idOf(left + right);
  });

  return (word) => {
    const letters = Array.from(word);
    const symbols = Int32Array.from(letters, (letter) => ids.get(letter) ?? NONE);
    const last = letters.length;
    /** Where the next one begins; at a place that was merged into the one before it, 0. */
    const next = Int32Array.from(letters, (_, at) => at + 1);
    const before = Int32Array.from(letters, (_, at) => at - 1);
    const rankAt = (at: number): number => ranks[symbols[at]!]?.get(symbols[next[at]!]!) ?? NONE;
    const heap = new MinHeap(2 * last);
    const offer = (at: number): void => {
      const rank = at < 0 || next[at] === last ? NONE : rankAt(at);
      if (rank !== NONE) heap.push(rank * PLACES + at);
    };
    for (let at = 0; at < last; at++) offer(at);
    while (heap.size > 0) {
      const key = heap.pop();
      const at = key % PLACES;
      const right = next[at]!;
      const rank = (key - at) / PLACES;
      // It is not that pair any more.
      if (right === 0 || right === last || rankAt(at) !== rank) continue;
      symbols[at] = merged[rank]!;
      const behind = next[right]!;
      next[at] = behind;
      next[right] = 0;
      if (behind < last) before[behind] = at;
      offer(before[at]!);
      offer(at);
    }
    const tokens: string[] = [];
    for (let at = 0; at < last; at = next[at]!) tokens.push(texts[symbols[at]!] ?? letters[at]!);
    return tokens;
  };
}

class MinHeap {
  readonly #keys: Float64Array;
  size = 0;

  constructor(capacity: number) {
    this.#keys = new Float64Array(capacity);
  }

  push(key: number): void {
    const keys = this.#keys;
    let at = this.size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (keys[parent]! <= key) break;
      keys[at] = keys[parent]!;
      at = parent;
    }
    keys[at] = key;
  }

  /** Of one that is not empty. */
  pop(): number {
    const keys = this.#keys;
    const least = keys[0]!;
    const key = keys[--this.size]!;
    let at = 0;
    for (let child = 1; child < this.size; child = 2 * at + 1) {
      if (child + 1 < this.size && keys[child + 1]! < keys[child]!) child++;
      if (keys[child]! >= key) break;
      keys[at] = keys[child]!;
      at = child;
    }
    keys[at] = key;
    return least;
  }
}
