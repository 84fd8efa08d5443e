import { EngineError } from '../../errors/engine-error.js';

/** What of the tokenizer library encodes text without knowing of control tokens. */
interface TokenizerParts {
  readonly normalizer: ((text: string) => string) | null;
  readonly pre_tokenizer: ((text: string, options: { section_index: number }) => readonly string[]) | null;
  readonly model: ((words: readonly string[]) => readonly string[]) & {
    readonly tokens_to_ids: ReadonlyMap<string, number>;
    readonly unk_token_id?: number | undefined;
  };
}

/** @param section runs in front of this one; some tokenizers put a space before the first only */
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
  return (text, section) => {
    const normal = normalizer === null ? text : normalizer(text);
    if (normal === '') return [];
    const words = preTokenizer === null ? [normal] : preTokenizer(normal, { section_index: section });
    return model(words).flatMap((token) => model.tokens_to_ids.get(token) ?? model.unk_token_id ?? []);
  };
}

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
