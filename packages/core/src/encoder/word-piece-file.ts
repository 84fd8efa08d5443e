/** A `tokenizer.json` of BERT's kind. */
export interface WordPieceFile {
  readonly vocabulary: Readonly<Record<string, number>>;
  readonly unknown: string;
  /** A longer word is unknown. */
  readonly longestWord: number;
  /** Tokens that are found in a text as they are. */
  readonly added: readonly AddedToken[];
  /** The tokens before and after a text. */
  readonly first: string;
  readonly last: string;
  readonly lowercases: boolean;
  readonly stripsAccents: boolean;
}

interface AddedToken {
  readonly content: string;
  readonly id: number;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {});
const listOf = (value: unknown): readonly Fields[] => (Array.isArray(value) ? value.map(fieldsOf) : []);

/** @returns undefined for a file, or settings, of which anything would be done in another way */
export function readWordPiece(content: unknown, settings: object): WordPieceFile | undefined {
  const { normalizer, pre_tokenizer, model, post_processor, added_tokens } = fieldsOf(content);
  const words = readWords(fieldsOf(model));
  const ends = readEnds(fieldsOf(post_processor));
  const cleaning = readCleaning(fieldsOf(normalizer));
  const added = listOf(added_tokens);
  const { remove_space, do_lowercase_and_remove_accent } = fieldsOf(settings);
  const isKnown =
    fieldsOf(pre_tokenizer)['type'] === 'BertPreTokenizer' &&
    added.every(isPlain) &&
    !remove_space &&
    !do_lowercase_and_remove_accent;
  return isKnown && words && ends && cleaning ? { ...words, ...ends, ...cleaning, added } : undefined;
}

function readWords({
  type,
  vocab,
  unk_token: unknown,
  continuing_subword_prefix: prefix,
  max_input_chars_per_word: longestWord,
  fuse_unk,
}: Fields): Pick<WordPieceFile, 'vocabulary' | 'unknown' | 'longestWord'> | undefined {
  const vocabulary = fieldsOf(vocab) as WordPieceFile['vocabulary'];
  const isKnown = type === 'WordPiece' && prefix === '##' && !fuse_unk;
  if (!isKnown || typeof longestWord !== 'number' || typeof unknown !== 'string') return undefined;
  return Number.isInteger(vocabulary[unknown]) ? { vocabulary, unknown, longestWord } : undefined;
}

function readEnds({ type, single }: Fields): Pick<WordPieceFile, 'first' | 'last'> | undefined {
  const [before, text, after, ...more] = listOf(single);
  const first = fieldsOf(before?.['SpecialToken'])['id'];
  const last = fieldsOf(after?.['SpecialToken'])['id'];
  const isKnown = type === 'TemplateProcessing' && fieldsOf(text?.['Sequence'])['id'] === 'A' && more.length === 0;
  return isKnown && typeof first === 'string' && typeof last === 'string' ? { first, last } : undefined;
}

function readCleaning({
  type,
  clean_text,
  handle_chinese_chars,
  lowercase,
  strip_accents: strips,
}: Fields): Pick<WordPieceFile, 'lowercases' | 'stripsAccents'> | undefined {
  const isKnown = type === 'BertNormalizer' && clean_text === true && handle_chinese_chars === true;
  if (!isKnown || typeof lowercase !== 'boolean') return undefined;
  return { lowercases: lowercase, stripsAccents: typeof strips === 'boolean' ? strips : lowercase };
}

const isPlain = (token: Fields | AddedToken): token is AddedToken & Fields => {
  const { content, id, special, normalized, lstrip, rstrip } = token as Fields;
  const isWord = typeof content === 'string' && content !== '' && Number.isInteger(id);
  return isWord && !(normalized ?? !special) && !lstrip && !rstrip;
};
