import { EngineError } from '../../errors/engine-error.js';
import { InvalidRequestError } from '../../errors/invalid-request-error.js';
import { createMergeWord, type MergeWord } from './merge-word.js';

/** Words of more letters are merged here; the library remembers the short ones. */
const LONG_LETTERS = 32;
/** As many are merged in less than a tenth of a second, and the thread hears nobody meanwhile. No word has so many. */
export const MOST_LETTERS = 32_768;

/** What of the tokenizer library encodes text without knowing of control tokens. */
interface TokenizerParts {
  readonly normalizer: ((text: string) => string) | null;
  readonly pre_tokenizer: ((text: string, options: { section_index: number }) => readonly string[]) | null;
  readonly model: ((words: readonly string[]) => readonly string[]) & {
    readonly tokens_to_ids: ReadonlyMap<string, number>;
    readonly unk_token_id?: number | undefined;
  };
}

/** Of a library's model that merges pairs. */
interface PairMerger {
  bpe: MergeWord;
  readonly merges: readonly (readonly [string, string])[];
  readonly end_of_word_suffix?: string | null;
  readonly continuing_subword_suffix?: string | null;
}

/**
 * @param section runs in front of this one; some tokenizers put a space before the first only
 * @throws InvalidRequestError for a word of more than `MOST_LETTERS`
 */
export type EncodeText = (text: string, section: number) => readonly number[];

/**
 * The parts inside the library's tokenizer, which see nothing but text: its own `encode` would read control tokens in
 * what a user wrote.
 * @throws EngineError when the library is another than the one this was written for
 */
export function createEncodeText(tokenizer: object): EncodeText {
  if (!hasParts(tokenizer))
    throw new EngineError({
      message: 'The tokenizer library has no parts to encode text without control tokens.',
      hint: 'Install the version of @huggingface/tokenizers that Terrace was tested with.',
    });
  const { normalizer, pre_tokenizer: preTokenizer, model } = tokenizer;
  // Some cut nothing: all of a text is one word then.
  const hasWords = preTokenizer !== null && preTokenizer('a a', { section_index: 0 }).length > 1;
  mergeLongWords(model);
  return (text, section) => {
    const normal = normalizer === null ? text : normalizer(text);
    if (normal === '') return [];
    const words = preTokenizer === null ? [normal] : preTokenizer(normal, { section_index: section });
    const longest = hasWords ? words.reduce((most, { length }) => Math.max(most, length), 0) : 0;
    if (longest > MOST_LETTERS) throw tooLong(longest);
    return model(words).flatMap((token) => model.tokens_to_ids.get(token) ?? model.unk_token_id ?? []);
  };
}

/** Its words of many letters come from here: the same tokens, many times as soon. */
function mergeLongWords(model: object): void {
  if (!isPairMerger(model)) return;
  const ofLibrary = model.bpe.bind(model);
  let merge: MergeWord | undefined;
  model.bpe = (word) =>
    word.length > LONG_LETTERS ? (merge ??= createMergeWord(model.merges))(word) : ofLibrary(word);
}

function isPairMerger(model: object): model is PairMerger {
  const { bpe, merges, end_of_word_suffix, continuing_subword_suffix } = model as Partial<PairMerger>;
  return typeof bpe === 'function' && Array.isArray(merges) && !end_of_word_suffix && !continuing_subword_suffix;
}

const tooLong = (letters: number): InvalidRequestError =>
  new InvalidRequestError({
    message: `The text has a word, or a run of one kind of signs, of ${letters} bytes; ${MOST_LETTERS} are read.`,
    hint: 'Put spaces into it, or leave it out.',
    facts: { bytes: letters, most: MOST_LETTERS },
  });

function hasParts(tokenizer: object): tokenizer is TokenizerParts {
  const { normalizer, pre_tokenizer: preTokenizer, model } = tokenizer as Partial<Record<string, unknown>>;
  const callable = (part: unknown): boolean => part === null || typeof part === 'function';
  return (
    callable(normalizer) &&
    callable(preTokenizer) &&
    typeof model === 'function' &&
    (model as Partial<TokenizerParts['model']>).tokens_to_ids instanceof Map
  );
}
