import { z } from 'zod';
import { parseBody, refused } from './refusal.js';

/** Most inputs of one request, as the API has it. */
export const MAX_INPUTS = 2048;

export const embeddingsBodySchema = z.strictObject({
  model: z.string().min(1).max(512),
  /** Texts. Token ids are those of one tokenizer, and no model here has it. */
  input: z.union([z.string(), z.array(z.string()).min(1).max(MAX_INPUTS)]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.number().int().positive().nullish(),
  user: z.string().max(4096).nullish(),
});

export interface EmbeddingsRequest {
  readonly model: string;
  readonly texts: readonly string[];
  readonly format: 'float' | 'base64';
  readonly dimensions: number | undefined;
}

/** @throws InvalidRequestError */
export function parseEmbeddings(body: unknown): EmbeddingsRequest {
  refuseInput((body as { input?: unknown } | null)?.input);
  const { model, input, encoding_format: format, dimensions } = parseBody(embeddingsBodySchema, body);
  return {
    model,
    texts: typeof input === 'string' ? [input] : input,
    format: format ?? 'float',
    dimensions: dimensions ?? undefined,
  };
}

/**
 * An embedding is as long as its model makes it: a shorter one would be another function.
 * @throws InvalidRequestError
 */
export function requireDimensions({ dimensions }: EmbeddingsRequest, actual: number): void {
  if (dimensions === undefined || dimensions === actual) return;
  throw refused({
    message: `The embeddings of this model have ${actual} dimensions.`,
    hint: `Leave "dimensions" out, or set it to ${actual}.`,
    param: 'dimensions',
    code: 'invalid_value',
  });
}

/** What a union of shapes would refuse in words that help nobody. */
function refuseInput(input: unknown): void {
  if (!Array.isArray(input)) return;
  const [first] = input as unknown[];
  if (typeof first === 'number' || (Array.isArray(first) && typeof (first as unknown[])[0] === 'number')) {
    throw refused({
      message: 'Token ids cannot be read: every model has a tokenizer of its own.',
      hint: 'Send the texts as strings.',
      param: 'input',
      code: 'invalid_type',
    });
  }
  if (input.length > MAX_INPUTS) {
    throw refused({
      message: `There are ${input.length} inputs; the limit is ${MAX_INPUTS}.`,
      hint: 'Send them in several requests.',
      param: 'input',
      code: 'invalid_value',
    });
  }
}
