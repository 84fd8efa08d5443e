import { segmentsOf } from '../segments.js';
import { lightStem } from './light-stem.js';

/** Longer ones are no words: of them the beginning is enough to tell them apart. */
const LONGEST = 64;
const RUNS = /[\p{L}\p{N}\p{M}]+(?:['’]\p{L}+)*/gu;
/** Scripts that set no spaces between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** A text's words as they are searched: of one width and case, English endings off. */
export function wordsOf(text: string): readonly string[] {
  const plain = text.normalize('NFKC').toLowerCase();
  const runs: readonly string[] = plain.match(RUNS) ?? [];
  // Collections are read in word by word before they are searched: most texts have no such script, and are told by one look.
  return UNSPACED.test(plain) ? runs.flatMap(wordsOfRun) : runs.map(wordOf);
}

const wordOf = (run: string): string => lightStem(run.slice(0, LONGEST));

function wordsOfRun(run: string): readonly string[] {
  if (!UNSPACED.test(run)) return [wordOf(run)];
  const words = [...segmentsOf(run, 'word')].filter(({ isWordLike }) => isWordLike);
  return words.map(({ start, end }) => run.slice(start, end));
}
