import { InvalidCatalogError, InvalidRequestError, type ModelManifest } from '@terrace/core';
import { z } from 'zod';
import { isTextArchitecture, readHubText } from './hub-text.js';

const size = z.number().int().positive().max(1_000_000);

/** `config.json` of a transformers model: the fields that are read, under the names that families of models use. */
const configSchema = z.looseObject({
  architectures: z.array(z.string()).max(16).optional(),
  hidden_size: size.optional(),
  dim: size.optional(),
  d_model: size.optional(),
  num_hidden_layers: size.optional(),
  n_layers: size.optional(),
  num_layers: size.optional(),
  num_attention_heads: size.optional(),
  n_heads: size.optional(),
  max_position_embeddings: size.optional(),
  id2label: z.record(z.string().regex(/^\d{1,6}$/), z.string().min(1)).optional(),
  problem_type: z.string().nullable().optional(),
  _name_or_path: z.string().optional(),
});

/** Longer limits are placeholders for "none" (transformers writes 1e30). */
const MAX_CONTEXT_TOKENS = 1_000_000;
/** What nearly every encoder was trained with, where the files do not say. */
const DEFAULT_CONTEXT_TOKENS = 512;

export type HubShape = Pick<
  ModelManifest,
  | 'task'
  | 'contextTokens'
  | 'layers'
  | 'heads'
  | 'hidden'
  | 'features'
  | 'flopsPerToken'
  | 'labels'
  | 'upstream'
  | 'text'
>;

/**
 * What a manifest needs to know of a model in the layout of the Hugging Face hub.
 * @throws InvalidCatalogError naming the field that is wrong; InvalidRequestError when the model is for a task
 *   that does not run here
 */
export function readHubConfig(config: unknown, tokenizerConfig: unknown, generationConfig?: unknown): HubShape {
  const value = parseConfig(config);
  const hidden = required(value.hidden_size ?? value.dim ?? value.d_model, 'hidden_size');
  const layers = required(value.num_hidden_layers ?? value.n_layers ?? value.num_layers, 'num_hidden_layers');
  const heads = value.num_attention_heads ?? value.n_heads;
  const task = taskOf(value.architectures ?? []);
  const name = value['_name_or_path'];
  return {
    task,
    contextTokens: contextOf(value.max_position_embeddings, tokenizerConfig),
    layers,
    ...(heads !== undefined && { heads }),
    hidden,
    features: hidden,
    // Two operations a weight; a layer has about 12 * hidden^2 weights (attention 4, feed-forward 8).
    flopsPerToken: 2 * 12 * layers * hidden ** 2,
    ...(task === 'text-generation' && readHubText(config, generationConfig)),
    ...(task === 'text-classification' && { labels: labelsOf(value.id2label, value.problem_type) }),
    ...(name !== undefined && /^[\w.-]+\/[\w.-]+$/.test(name) && { upstream: name }),
  };
}

function parseConfig(config: unknown): z.infer<typeof configSchema> {
  const parsed = configSchema.safeParse(config);
  if (parsed.success) return parsed.data;
  const { path = [], message = 'unreadable' } = parsed.error.issues[0] ?? {};
  throw new InvalidCatalogError({
    message: `config.json is wrong at ${path.join('.') || 'the top level'}: ${message}.`,
    hint: 'Take config.json as the publisher of the model wrote it.',
    facts: { path: path.join('.') },
  });
}

function required(value: number | undefined, field: string): number {
  if (value !== undefined) return value;
  throw new InvalidCatalogError({
    message: `config.json has no ${field}.`,
    hint: 'Take config.json as the publisher of the model wrote it, or write a model.json (docs/adding-models.md has its schema).',
    facts: { path: field },
  });
}

function taskOf(architectures: readonly string[]): HubShape['task'] {
  if (architectures.some((each) => each.endsWith('ForSequenceClassification'))) return 'text-classification';
  if (architectures.some(isTextArchitecture)) return 'text-generation';
  // A masked language model is an encoder with a head that exports for embeddings leave out.
  const other = architectures.find((each) => /For[A-Z]/.test(each) && !/For(MaskedLM|PreTraining)$/.test(each));
  if (other === undefined) return 'feature-extraction';
  throw new InvalidRequestError({
    message: `A model of the architecture ${other} does not run here.`,
    hint: 'Add an encoder for embeddings (*Model), a classifier (*ForSequenceClassification) or a language model (*ForCausalLM).',
    facts: { architecture: other },
  });
}

/** The smallest limit that is one. */
function contextOf(positions: number | undefined, tokenizerConfig: unknown): number {
  const { model_max_length: length } = (tokenizerConfig ?? {}) as { model_max_length?: unknown };
  const limits = [positions, length].filter(
    (each): each is number =>
      Number.isSafeInteger(each) && (each as number) > 0 && (each as number) <= MAX_CONTEXT_TOKENS,
  );
  return limits.length === 0 ? DEFAULT_CONTEXT_TOKENS : Math.min(...limits);
}

function labelsOf(
  id2label: Readonly<Record<string, string>> | undefined,
  problem: string | null | undefined,
): string[] {
  const entries = Object.entries(id2label ?? {}).map(([index, label]) => [Number(index), label] as const);
  const labels = entries.toSorted(([a], [b]) => a - b).map(([, label]) => label);
  if (entries.toSorted(([a], [b]) => a - b).some(([index], i) => index !== i) || new Set(labels).size < labels.length) {
    throw wrongLabels('its id2label does not number different labels from 0 on');
  }
  if (labels.length < 2)
    throw wrongLabels(
      labels.length === 0 ? 'it names no labels (id2label)' : 'it has one label: a score, not a choice',
    );
  if (problem !== undefined && problem !== null && problem !== 'single_label_classification') {
    throw wrongLabels(`it is for ${problem}; a text gets one label here`);
  }
  return labels;
}

function wrongLabels(why: string): InvalidCatalogError {
  return new InvalidCatalogError({
    message: `The classifier's config.json cannot be used: ${why}.`,
    hint: 'Correct id2label in config.json, or take a classifier that chooses one of several labels.',
    facts: { path: 'id2label' },
  });
}
