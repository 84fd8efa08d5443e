import {
  BEFORE_MAY,
  DATES,
  EMPTY,
  FULL_AS_WELL,
  HALF_NEGATION,
  INTERROGATIVES,
  MODES,
  NEGATED_CJK,
  NEGATING_PREFIX,
  NEGATIONS,
  NUMBERS,
  OPPOSITES,
  PARTICLES,
  PERSONS,
  RELATIONS,
  SHORT_UNITS,
  SIGNS,
  STRONG_RELATION,
  UNITS,
  WHICH_TIME,
} from './guard-words.js';

/** Longer questions are not looked up by meaning: an encoder would not see their ends. */
export const MAX_QUESTION_CHARACTERS = 1_000;

/**
 * Kinds of features, one letter before the value. In the order of the text: `n` a number, `u` a unit or sign, `d` a
 * time, `w` a word of content, and before a word `x` a negation, `y` "by", `m` another relation. In any order: `g` how
 * many negations, `o` a word that has an opposite, `p` an opposite of a word, `i` what is asked for, `t` tense and mode.
 * In the order of the text, but whatever stands between them: `r` grammatical person.
 */
export type GuardFeature = string;

interface Token {
  readonly raw: string;
  readonly word: string;
  readonly at: number;
  readonly end: number;
}

/** Scripts that are written without spaces. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}ー]+/gu;
const UNSPACED_WORDS = new Intl.Segmenter('ja', { granularity: 'word' });
const CJK_NUMBER = /[〇零一二三四五六七八九十百千万萬億亿两兩]+/gu;
const ONLY_HIRAGANA = /^\p{sc=Hiragana}{1,3}$/u;
const ASKING_HIRAGANA = new Set(['いつ', 'どこ', 'なぜ', 'だれ', 'なに', 'どう', 'どれ', 'いくら']);

const TOKEN =
  /(?:(?<![\p{L}\p{N}])[-−])?\p{Nd}+(?:[.,:/'’-]\p{Nd}+)*|\p{L}[\p{L}\p{M}\p{N}_]*(?:['’.](?=\p{L})[\p{L}\p{M}]+)*|°\s?[CFK]\b|(?<=\p{Nd}\s?)[-−–](?=\s?\p{Nd})|\p{Extended_Pictographic}(?:\p{M}|\u200d\p{Extended_Pictographic}|[\u{e0020}-\u{e007f}])*|(?!`)\p{S}|[%#*/&@\\]/gu;
/** Quote marks of one stroke are apostrophes as well: they stand between what is no letter. */
const QUOTED = /["“„«]([^"“”»]{1,200})["“”»]|(?<![\p{L}\p{N}])['‘‚`]([^'‘’`]{1,200})['’‘`](?![\p{L}\p{N}])/gu;
const ELISION = /^(qu|[cdjlmnst]|un|dell|dall|nell|all|sull)['’](.{2,})$/u;
const CLITIC = /['’](?:s|d|ll|re|ve|m)$/u;
/** Of bits, which only the case of their letters tells from bytes. */
const BITS = /^[kKMGT]b$/;
const LONGEST_SYMBOL = 3;
const ORDINAL = /^(?:st|nd|rd|th|er|ère|e|ème|º|ª)$/u;

const OPPOSITE_OF: ReadonlyMap<string, readonly string[]> = oppositesByWord();

/**
 * What of a text decides whether it asks the same as another that reads like it, in plain text: see
 * {@link hashFeatures} for what may be kept. Pure.
 */
export function guardFeatures(text: string): readonly GuardFeature[] {
  const normal = text.normalize('NFKC');
  const features: GuardFeature[] = [];
  let negations = 0;
  const quoted = [...normal.matchAll(QUOTED)].map(({ index, 0: all }) => [index, index + all.length] as const);
  const tokens = tokensOf(normal);
  const mixedCase = /\p{Ll}/u.test(normal);
  const isTitle = !tokens.some(({ raw }) => /^\p{Ll}/u.test(raw));

  tokens.forEach((token, index) => {
    const { raw, word } = token;
    const before = tokens[index - 1];
    const isQuoted = quoted.some(([from, to]) => token.at >= from && token.end <= to);
    const behindNumber = before !== undefined && /^[-−]?\p{Nd}/u.test(before.raw) && token.at - before.end <= 1;

    if (isNegation(token, tokens.slice(index + 1, index + 5))) {
      negations++;
      features.push('x');
      if (!FULL_AS_WELL.has(word)) return opposites(word, features);
    }
    const spoken = isQuoted ? ['w' + word] : readWord({ token, before, next: tokens[index + 1], behindNumber });
    const isUnit = spoken.some(([kind]) => kind === 'u');
    if (!isQuoted && !isUnit && isMarkedByCase({ raw, at: token.at, normal, mixedCase, isTitle })) {
      spoken.push('w^' + word);
    }
    if (PARTICLES.has(word)) features.splice(lastWord(features), 0, 'm' + word);
    else features.push(...spoken);
    opposites(word, features);
  });

  for (const run of normal.match(UNSPACED) ?? []) {
    negations += run.match(NEGATED_CJK)?.length ?? 0;
    for (const number of run.match(CJK_NUMBER) ?? []) features.push('n' + number);
  }
  if (/\p{sc=Hangul}/u.test(normal)) negations += normal.match(NEGATED_CJK)?.length ?? 0;
  features.push(`g${negations}`);
  return saysAnything(features) ? features : [...features, ...tokens.map(({ word }) => 'w' + word)];
}

/** Where all words are empty ones, they are what is asked: "am I in", "do I have to be there". */
const saysAnything = (features: readonly GuardFeature[]): boolean => features.some(([kind]) => 'wnud'.includes(kind!));

function tokensOf(normal: string): Token[] {
  const tokens: Token[] = [];
  const spaced = normal.replace(UNSPACED, (run, at: number) => {
    for (const { segment, index, isWordLike } of UNSPACED_WORDS.segment(run)) {
      if (isWordLike) tokens.push({ raw: segment, word: segment, at: at + index, end: at + index + segment.length });
    }
    return ' '.repeat(run.length);
  });
  for (const { 0: raw, index: at } of spaced.matchAll(TOKEN)) {
    const lower = raw.toLowerCase().replaceAll('’', "'");
    const elision = ELISION.exec(lower);
    const end = at + raw.length;
    if (elision?.[1] === 'n') tokens.push({ raw: HALF_NEGATION, word: HALF_NEGATION, at, end: at + 1 });
    if (lower.endsWith("'ll")) tokens.push({ raw: 'will', word: 'will', at, end: at + 1 });
    tokens.push({ raw, word: elision?.[2] ?? lower.replace(CLITIC, ''), at, end });
  }
  return tokens.toSorted((a, b) => a.at - b.at);
}

function isNegation({ word }: Token, following: readonly Token[]): boolean {
  if (NEGATIONS.has(word) || word.endsWith("n't")) return true;
  return word === HALF_NEGATION && !following.some((next) => NEGATIONS.has(next.word));
}

/** Features of one word by the lists. */
function readWord({
  token: { raw, word, end },
  before,
  next,
  behindNumber,
}: {
  token: Token;
  before: Token | undefined;
  next: Token | undefined;
  behindNumber: boolean;
}): GuardFeature[] {
  if (/^[-−–]?\p{Nd}/u.test(raw)) {
    const ordinal = next?.at === end && ORDINAL.test(next.word) ? next.word : '';
    return ['n' + digits(raw) + ordinal];
  }
  if (behindNumber && ORDINAL.test(word)) return [];
  // Of which dollars: "US$", "A$".
  if (next?.at === end && /^\p{Sc}/u.test(next.raw)) return ['w' + word];
  const sign = SIGNS.get(raw);
  if (sign !== undefined) return ['u' + sign];
  if (/^°\s?[CFK]$/u.test(raw)) return ['u' + word.at(-1)!];
  if (!/^[\p{L}\p{Extended_Pictographic}]/u.test(raw)) return ['u' + raw];

  const features: GuardFeature[] = [];
  const short = behindNumber ? (SHORT_UNITS.get(word) ?? UNITS.get(word)) : undefined;
  const unit = short ?? (word === 'am' ? undefined : UNITS.get(word));
  const number = unit === undefined ? (NUMBERS.get(word) ?? (hasNumber(raw) ? word : undefined)) : undefined;
  const time = isMay(word, before, next) ? '5m' : DATES.get(word);
  if (unit !== undefined) features.push('u' + unit + (BITS.test(raw) ? 'it' : ''));
  if (number !== undefined) features.push('n' + number);
  if (time !== undefined) features.push('d' + time);
  if (WHICH_TIME.has(word) && next && (DATES.has(next.word) || next.word === 'quarter')) features.push('d' + word);
  const sequential = features.length > 0;
  for (const [kind, list] of [
    ['i', INTERROGATIVES],
    ['r', PERSONS],
    ['t', MODES],
  ] as const) {
    const value = list.get(word);
    if (value !== undefined && time === undefined) features.push(kind + value);
  }
  if (word === STRONG_RELATION) features.push('y');
  else if (RELATIONS.has(word)) features.push('m' + word);
  const known = sequential || features.length > 0 || EMPTY.has(word) || ONLY_HIRAGANA.test(word);
  if (!known || FULL_AS_WELL.has(word) || ASKING_HIRAGANA.has(word)) features.push('w' + stem(word));
  // Symbols of units: milliwatts are no megawatts.
  if (!known && behindNumber && isSymbol(raw)) features.push('w^' + raw);
  return features;
}

const hasNumber = (raw: string): boolean => /\p{N}/u.test(raw) || /^[IVXLCDM]{2,}$/u.test(raw);

const isSymbol = (raw: string): boolean => raw.length <= LONGEST_SYMBOL && /\p{Ll}/u.test(raw) && /\p{Lu}/u.test(raw);

const isMay = (word: string, before: Token | undefined, next: Token | undefined): boolean =>
  word === 'may' &&
  ((before !== undefined && (BEFORE_MAY.has(before.word) || /^\p{Nd}/u.test(before.raw))) ||
    (next !== undefined && /^\p{Nd}/u.test(next.raw)));

/** A name that would be an empty word in lower case: "US", "WHO", "It" that was filmed, vitamin "A". */
function isMarkedByCase({
  raw,
  at,
  normal,
  mixedCase,
  isTitle,
}: {
  raw: string;
  at: number;
  normal: string;
  mixedCase: boolean;
  /** Where every word has a capital, none says anything. */
  isTitle: boolean;
}): boolean {
  const word = raw.toLowerCase();
  if (!mixedCase || raw === 'I' || !/^\p{Lu}\p{L}*$/u.test(raw)) return false;
  const listed =
    EMPTY.has(word) || PERSONS.has(word) || INTERROGATIVES.has(word) || MODES.has(word) || RELATIONS.has(word);
  if (!listed && raw.length > 1) return false;
  if (raw.length > 1 && /^\p{Lu}+$/u.test(raw)) return true;
  if (raw.length > 1 && isTitle) return false;
  return !beginsSentence(normal, at);
}

/** Character by character, as a pattern takes the square of the time for a question that is all dots. */
function beginsSentence(text: string, at: number): boolean {
  for (let before = at - 1; before >= 0; before--) {
    const character = text[before]!;
    if (/[.!?:\n]/.test(character)) return true;
    if (!/[\s\p{P}]/u.test(character)) return false;
  }
  return true;
}

/** Digits of every script as ASCII; groups of thousands without commas where they cannot be anything else. */
function digits(raw: string): string {
  const ascii = raw.replace(/\p{Nd}/gu, (digit) => {
    let value = 0;
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(digit.codePointAt(0)! - value - 1))) value++;
    return String(value);
  });
  const plain = ascii.replace('−', '-').replace('–', '-');
  return /^-?\d{1,3}(?:,\d{3}){2,}$/.test(plain) ? plain.replaceAll(',', '') : plain;
}

/** Plurals of words in Latin letters, and no more: who ships and who shipped may be two questions. */
function stem(word: string): string {
  return word.length > 3 && /[a-z]s$/.test(word) && !/(?:ss|us|is)$/.test(word) ? word.slice(0, -1) : word;
}

function opposites(word: string, features: GuardFeature[]): void {
  const listed = OPPOSITE_OF.get(word);
  if (listed) features.push('o' + stem(word), ...listed.map((opposite) => 'p' + stem(opposite)));
  const bare = word.replace(NEGATING_PREFIX, '');
  if (bare !== word) features.push('p' + stem(bare));
}

function lastWord(features: readonly GuardFeature[]): number {
  const at = features.findLastIndex((feature) => feature.startsWith('w'));
  return at === -1 ? features.length : at;
}

function oppositesByWord(): ReadonlyMap<string, readonly string[]> {
  const byWord = new Map<string, string[]>();
  const note = (from: readonly string[], to: readonly string[]): void => {
    for (const word of from) byWord.set(word, [...(byWord.get(word) ?? []), ...to]);
  };
  for (const [left, right] of OPPOSITES) {
    note(left, right);
    note(right, left);
  }
  return byWord;
}
