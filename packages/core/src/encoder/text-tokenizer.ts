import { ArtifactCorruptError } from '../errors/artifact-corrupt-error.js';
import type { LocatedFile } from '../ports/model-store.js';
import type { EncoderHost } from './encoder-host.js';
import { openWordPiece } from './word-piece.js';

export interface TokenizedText {
  readonly ids: readonly number[];
  readonly unknownTokens: number;
}

/** Text to token ids, specials included, uncut; unknown ones are counted among the first `contextTokens`. */
export type TextTokenizer = (text: string, contextTokens?: number) => TokenizedText;

/** The tokenizer library, in so far as it is used here. It throws at files that it does not understand. */
export type TokenizerClass = new (
  content: object,
  settings: object,
) => {
  encode(text: string): { readonly ids: number[] };
  token_to_id(token: string): number | undefined;
};

/**
 * The library is loaded for tokenizers that are not of BERT's kind.
 * @throws ArtifactCorruptError when a file is not one of a tokenizer; what loading the library throws
 */
export async function loadTokenizer(
  { tokenizer: file, tokenizerConfig }: { tokenizer: LocatedFile; tokenizerConfig: LocatedFile | undefined },
  { readVerified, loadTokenizerClass }: Pick<EncoderHost<unknown>, 'readVerified' | 'loadTokenizerClass'>,
): Promise<TextTokenizer> {
  const readJson = async (json: LocatedFile): Promise<object> => parseJson(await readVerified(json), json);
  const [content, settings] = await Promise.all([readJson(file), tokenizerConfig ? readJson(tokenizerConfig) : {}]);
  const tokenizer = openWordPiece(content, settings) ?? build(await loadTokenizerClass(), content, settings, file);
  const unknownId = tokenizer.token_to_id('[UNK]') ?? tokenizer.token_to_id('<unk>');
  return (text, contextTokens = Infinity) => {
    const { ids } = tokenizer.encode(text);
    let unknownTokens = 0;
    const read = Math.min(ids.length, contextTokens);
    for (let i = 0; i < read; i++) if (ids[i] === unknownId) unknownTokens++;
    return { ids, unknownTokens };
  };
}

function build(
  Tokenizer: TokenizerClass,
  content: object,
  settings: object,
  { location }: LocatedFile,
): InstanceType<TokenizerClass> {
  try {
    return new Tokenizer(content, settings);
  } catch (cause) {
    throw unusable(location, cause);
  }
}

function parseJson(bytes: Uint8Array, { location }: LocatedFile): object {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as object;
  } catch (cause) {
    throw unusable(location, cause);
  }
}

function unusable(location: string, cause: unknown): ArtifactCorruptError {
  return new ArtifactCorruptError({
    message: `${location} is not a tokenizer.`,
    hint: "Take tokenizer.json as the model's publisher wrote it.",
    facts: { file: location },
    cause,
  });
}
