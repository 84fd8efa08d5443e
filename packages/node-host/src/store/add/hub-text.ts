import { InvalidCatalogError, InvalidRequestError, type ModelManifest } from '@terrace/core';
import { z } from 'zod';

const size = z.number().int().positive().max(10_000_000);
const tokens = z.union([z.number().int().nonnegative(), z.array(z.number().int().nonnegative()).min(1).max(16)]);

/** What `config.json` of a model that generates text says beside what all models say. */
const textConfigSchema = z.looseObject({
  model_type: z.string().min(1).max(64),
  num_attention_heads: size,
  num_key_value_heads: size.optional(),
  head_dim: size.nullish(),
  hidden_size: size,
  num_hidden_layers: size,
  intermediate_size: size.optional(),
  vocab_size: size,
  eos_token_id: tokens.nullish(),
});
const generationSchema = z.looseObject({ eos_token_id: tokens.nullish() });

export type HubText = Required<Pick<ModelManifest, 'text' | 'features' | 'flopsPerToken'>>;

export const isTextArchitecture = (architecture: string): boolean => architecture.endsWith('ForCausalLM');

/**
 * Memory, end and cost of a model that generates text.
 * @param generation `generation_config.json`: what ends a turn is often said there alone
 * @throws InvalidCatalogError naming the field that is wrong
 */
export function readHubText(config: unknown, generation: unknown): HubText {
  const value = parse(textConfigSchema, config, 'config.json');
  const { eos_token_id: ends = value.eos_token_id } = parse(
    generationSchema,
    generation ?? {},
    'generation_config.json',
  );
  if (ends === undefined || ends === null) {
    throw new InvalidCatalogError({
      message: 'Neither generation_config.json nor config.json says which token ends a turn (eos_token_id).',
      hint: 'Take both files as the publisher of the model wrote them.',
      facts: { path: 'eos_token_id' },
    });
  }
  const { hidden_size: hidden, num_attention_heads: heads, num_hidden_layers: layers, vocab_size: vocabulary } = value;
  const kvHeads = value.num_key_value_heads ?? heads;
  const headDim = value.head_dim ?? Math.trunc(hidden / heads);
  const attention = 2 * hidden * headDim * (heads + kvHeads);
  const feedForward = 3 * hidden * (value.intermediate_size ?? 4 * hidden);
  return {
    text: {
      family: value.model_type,
      kvHeads,
      headDim,
      kvBytesPerElement: 4,
      endTokens: [ends].flat(),
      maxRows: 8,
    },
    features: vocabulary,
    // Two operations a weight; embeddings are looked up, and the output layer is as large as they are.
    flopsPerToken: 2 * (layers * (attention + feedForward) + hidden * vocabulary),
  };
}

/**
 * A model is asked in chats by the template that its tokenizer brings.
 * @param names of the files beside it
 * @throws InvalidRequestError when it brings none
 */
export function requireChatTemplate(tokenizerConfig: unknown, names: readonly string[]): void {
  const { chat_template: template } = (tokenizerConfig ?? {}) as { chat_template?: unknown };
  if (template !== undefined && template !== null) return;
  const isBeside = names.includes('chat_template.jinja');
  throw new InvalidRequestError({
    message: isBeside
      ? 'The chat template of this model lies in a file of its own, chat_template.jinja, which is not read.'
      : 'This model comes without a chat template: it goes on with texts and answers nobody.',
    hint: isBeside
      ? 'Put its text into tokenizer_config.json as "chat_template".'
      : 'Take a model that was made for chats ("Instruct", "Chat").',
  });
}

function parse<T extends z.ZodType>(schema: T, value: unknown, file: string): z.infer<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const { path = [], message = 'unreadable' } = parsed.error.issues[0] ?? {};
  throw new InvalidCatalogError({
    message: `${file} is wrong at ${path.join('.') || 'the top level'}: ${message}.`,
    hint: `Take ${file} as the publisher of the model wrote it.`,
    facts: { path: path.join('.') },
  });
}
