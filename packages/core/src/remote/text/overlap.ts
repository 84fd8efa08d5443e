/** Most that is held back until it is certain whether it repeats what is there. */
const MOST_HELD = 256;

/** Takes what a text repeats of the one that it goes on with out of it, piece by piece. */
export interface OverlapCut {
  /** What of the text so far is certainly new. */
  push(text: string): string;
  /** What was still held back, when nothing more comes. */
  end(): string;
}

/**
 * Cuts what a text that goes on with `prefix` repeats of its end: the longest beginning of the text that `prefix` ends
 * with, from a word of it on. Of an answer that was begun anew all of it, for as long as it says the same. White space
 * is folded where the two meet.
 * @param leastCharacters shorter repetitions are taken for the author's own
 * @param parts whether a word that begins the text is another one than that which ends `prefix`, where nothing is repeated
 */
export function createOverlapCut(
  prefix: string,
  { leastCharacters, parts = false }: { readonly leastCharacters: number; readonly parts?: boolean },
): OverlapCut {
  const known = prefix.trimEnd();
  const endsInSpace = known !== prefix;
  /** Where in `known` that which is repeated may begin, earliest first. */
  let starts = known === '' ? [] : startsIn(known);
  /** White space that the text begins with. */
  let lead = '';
  let held = '';
  /** Of an answer that was begun anew, how much of `known` it has repeated. */
  let repeated: number | undefined;
  let isOver = prefix === '';
  /** Whether white space is there already where the new text begins. */
  let folds = endsInSpace;

  const goOn = (rest: string): string => {
    isOver = true;
    held = '';
    return folded(rest);
  };

  const folded = (text: string): string => {
    const rest = folds ? text.trimStart() : text;
    if (rest !== '') folds = false;
    return rest;
  };

  const decide = (isLast: boolean): string => {
    starts = starts.filter((at) => agree(known.slice(at), held));
    const whole = starts.filter((at) => held.length >= known.length - at);
    const longest = whole.find((at) => at === 0 || known.length - at >= leastCharacters);
    const mayBeLonger = starts.some((at) => held.length < known.length - at && (longest === undefined || at < longest));
    if (mayBeLonger && !isLast) {
      if (held.length < MOST_HELD) return '';
      repeated = 0;
      return anew();
    }
    if (longest !== undefined) return goOn(held.slice(known.length - longest));
    return goOn(parts && lead === '' && areWords(known, held) ? ` ${held}` : lead + held);
  };

  /** Only an answer that was begun anew repeats so much: what it says alike is left out. */
  const anew = (): string => {
    const rest = known.slice(repeated);
    const said = held;
    if (said.length < rest.length && rest.startsWith(said)) {
      repeated! += said.length;
      held = '';
      return '';
    }
    let alike = 0;
    while (alike < rest.length && said[alike] === rest[alike]) alike++;
    return goOn(said.slice(alike));
  };

  return {
    push(text) {
      if (isOver) return folded(text);
      const isFirst = held === '' && repeated === undefined;
      const begun = isFirst ? text.trimStart() : text;
      if (isFirst) lead += text.slice(0, text.length - begun.length);
      held += begun;
      if (held === '') return '';
      return repeated === undefined ? decide(false) : anew();
    },
    end() {
      if (isOver) return '';
      return repeated === undefined ? decide(true) : goOn('');
    },
  };
}

/** Whether one of them begins with the other. */
const agree = (rest: string, said: string): boolean => rest.startsWith(said) || said.startsWith(rest);

/** Whether one ends and the other begins with a word, in scripts that have spaces between them. */
const areWords = (before: string, after: string): boolean =>
  /[\p{L}\p{N}.,;:!?]$/u.test(before) && /^[\p{L}\p{N}]/u.test(after) && !UNSPACED.test(before.slice(-1) + after[0]!);

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
const WORD = /[\p{L}\p{N}]/u;

/** The beginning, and those of all words near the end. */
function startsIn(known: string): number[] {
  const starts = [0];
  for (let at = Math.max(1, known.length - MOST_HELD); at < known.length; at++) {
    const isWithin = WORD.test(known[at - 1]!) && WORD.test(known[at]!);
    if (!isWithin && !/\s/.test(known[at]!)) starts.push(at);
  }
  return starts;
}
