import { NearestList } from '../../vectors/nearest-list.js';
import { wordsOf } from './words.js';

/** How soon more of a word says no more, and how much a long passage counts for less. The customary values. */
const K1 = 1.2;
const B = 0.75;

/** What was found by its words. */
interface WordMatches {
  /** Best first, equal ones by id; none without a word of the query. */
  readonly best: readonly number[];
  /** As a share of what a text of exactly these words would score: 1 is as good as the same, more is possible. */
  scoreOf(id: number): number;
}

/** Texts by the words they have. Ids are small whole numbers; those of what was removed may be used again. */
export interface Bm25 {
  readonly size: number;
  add(id: number, text: string): void;
  /** All of them at once: it looks at every word. */
  remove(ids: ReadonlySet<number>): void;
  /** The best so many. */
  search(text: string, count: number): WordMatches;
}

/** BM25 (Robertson and Zaragoza 2009) over texts in memory that come and go. */
export function createBm25(): Bm25 {
  /** Of each word the ids that have it and how often, one after the other. */
  const postings = new Map<string, number[]>();
  /** In words, by id. */
  const lengths = new Map<number, number>();
  let words = 0;
  let highestId = -1;

  /** What a word adds to a text of `length` words that has it `times`. */
  const worth = (having: number, times: number, length: number): number => {
    const rarity = Math.log(1 + (lengths.size - having + 0.5) / (having + 0.5));
    const longer = 1 - B + (B * length * lengths.size) / Math.max(1, words);
    return (rarity * times * (K1 + 1)) / (times + K1 * longer);
  };

  const scoresOf = (asked: readonly string[]): { scores: Float64Array; self: number } => {
    const scores = new Float64Array(highestId + 1);
    let self = 0;
    for (const word of new Set(asked)) {
      const having = postings.get(word) ?? [];
      self += worth(having.length / 2, 1, asked.length);
      for (let at = 0; at < having.length; at += 2) {
        const id = having[at]!;
        scores[id]! += worth(having.length / 2, having[at + 1]!, lengths.get(id)!);
      }
    }
    return { scores, self };
  };

  return {
    get size() {
      return lengths.size;
    },
    add(id, text) {
      const times = new Map<string, number>();
      let length = 0;
      for (const word of wordsOf(text)) {
        times.set(word, (times.get(word) ?? 0) + 1);
        length++;
      }
      lengths.set(id, length);
      words += length;
      highestId = Math.max(highestId, id);
      for (const [word, count] of times) {
        const having = postings.get(word);
        if (having) having.push(id, count);
        else postings.set(word, [id, count]);
      }
    },
    remove(ids) {
      for (const id of ids) {
        words -= lengths.get(id) ?? 0;
        lengths.delete(id);
      }
      for (const [word, having] of postings) {
        const stay = having.filter((_, at) => !ids.has(having[at - (at % 2)]!));
        if (stay.length === 0) postings.delete(word);
        else if (stay.length < having.length) postings.set(word, stay);
      }
    },
    search(text, count) {
      const { scores, self } = scoresOf([...wordsOf(text)]);
      const best = new NearestList(count);
      for (let id = 0; id < scores.length; id++) if (scores[id]! > 0) best.offer(id, scores[id]!);
      return { best: best.all.map(({ id }) => id), scoreOf: (id) => (self > 0 ? (scores[id] ?? 0) / self : 0) };
    },
  };
}
