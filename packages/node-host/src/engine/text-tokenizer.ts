import { ArtifactCorruptError, type LocatedFile } from '@terrace/core/engine';
import { Tokenizer } from '@huggingface/tokenizers';
import { readVerified } from '../store/verified-file.js';

interface TokenizedText {
  readonly ids: readonly number[];
  readonly unknownTokens: number;
}

/** Text to token ids, specials included, uncut. */
export type TextTokenizer = (text: string) => TokenizedText;

/** @throws ArtifactCorruptError when the file is not a tokenizer */
export async function loadTokenizer(file: LocatedFile, config: LocatedFile | undefined): Promise<TextTokenizer> {
  const [content, settings] = await Promise.all([readJson(file), config ? readJson(config) : {}]);
  const tokenizer = build(content, settings, file);
  const unknownId = tokenizer.token_to_id('[UNK]') ?? tokenizer.token_to_id('<unk>');
  return (text) => {
    const { ids } = tokenizer.encode(text);
    let unknownTokens = 0;
    for (const id of ids) if (id === unknownId) unknownTokens++;
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
