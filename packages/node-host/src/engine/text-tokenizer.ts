import { ArtifactCorruptError, type LocatedFile } from '@terrace/core/engine';
import { Tokenizer } from '@huggingface/tokenizers';
import { readVerified } from '../store/files/verified-file.js';

export interface TokenizedText {
  readonly ids: readonly number[];
  readonly unknownTokens: number;
}

/** Text to token ids, specials included, uncut; unknown ones are counted among the first `contextTokens`. */
export type TextTokenizer = (text: string, contextTokens?: number) => TokenizedText;

/** @throws ArtifactCorruptError when the file is not a tokenizer */
export async function loadTokenizer(file: LocatedFile, config: LocatedFile | undefined): Promise<TextTokenizer> {
  const [content, settings] = await Promise.all([readJson(file), config ? readJson(config) : {}]);
  const tokenizer = build(content, settings, file);
  const unknownId = tokenizer.token_to_id('[UNK]') ?? tokenizer.token_to_id('<unk>');
  return (text, contextTokens = Infinity) => {
    const { ids } = tokenizer.encode(text);
    let unknownTokens = 0;
    const read = Math.min(ids.length, contextTokens);
    for (let i = 0; i < read; i++) if (ids[i] === unknownId) unknownTokens++;
    return { ids, unknownTokens };
  };
}

function build(content: object, settings: object, { location }: LocatedFile): Tokenizer {
  try {
    return new Tokenizer(content, settings);
  } catch (cause) {
    throw unusable(location, cause);
  }
}

async function readJson(file: LocatedFile): Promise<object> {
  const bytes = await readVerified(file);
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as object;
  } catch (cause) {
    throw unusable(file.location, cause);
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
