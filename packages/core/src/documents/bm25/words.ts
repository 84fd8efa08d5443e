import { segmentsOf } from '../segments.js';
import { lightStem } from './light-stem.js';

/** Longer ones are no words: of them the beginning is enough to tell them apart. */
const LONGEST = 64;
const RUNS = /[\p{L}\p{N}\p{M}]+(?:['’]\p{L}+)*/gu;
/** Scripts that set no spaces between words. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u;

/** A text's words as they are searched: of one width and case, English endings off. */
export function* wordsOf(text: string): Generator<string, void> {
  for (const [run] of text.normalize('NFKC').toLowerCase().matchAll(RUNS)) {
    if (!UNSPACED.test(run)) yield lightStem(run.slice(0, LONGEST));
    else for (const { start, end, isWordLike } of segmentsOf(run, 'word')) if (isWordLike) yield run.slice(start, end);
  }
}
