import { z } from 'zod/mini';
import type { Generation } from '../../tasks/text-generation/generation.js';
import { requestSchema } from '../../request/request-schema.js';

/** Most that a chat may hold, in UTF-8 bytes of all its texts: more is no chat, and is not even counted in tokens. */
export const MAX_CHAT_BYTES = 1024 * 1024;
const MAX_MESSAGES = 1024;
const MAX_TOOLS = 64;

/** Depth, size and references are checked where it is compiled. */
const jsonSchemaSchema = z.union([z.record(z.string(), z.unknown()), z.boolean()]);

const toolCallSchema = z.strictObject({
  id: z.string().check(z.minLength(1), z.maxLength(256)),
  name: z.string().check(z.minLength(1), z.maxLength(128)),
  arguments: z.string().check(z.maxLength(65_536)),
});

const messageSchema = z.strictObject({
  role: z.enum(['system', 'user', 'assistant', 'tool']),
  content: z.string(),
  toolCalls: z.optional(z.array(toolCallSchema).check(z.maxLength(MAX_TOOLS))),
  toolCallId: z.optional(z.string().check(z.minLength(1), z.maxLength(256))),
});

const toolSchema = z.strictObject({
  name: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, "_" and "-"')),
  description: z.optional(z.string().check(z.maxLength(4096))),
  parameters: jsonSchemaSchema,
});

const formatSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('text') }),
  z.strictObject({ kind: z.literal('json') }),
  z.strictObject({ kind: z.literal('schema'), schema: jsonSchemaSchema }),
  z.strictObject({
    kind: z.literal('enum'),
    values: z.array(z.string().check(z.minLength(1), z.maxLength(1024))).check(z.minLength(1), z.maxLength(1024)),
  }),
]);

/** `Generation` as a caller writes it: everything may be left out. */
export const generationSchema = z.strictObject({
  maxTokens: z._default(z.int().check(z.positive(), z.maximum(131_072)), 256),
  temperature: z._default(z.number().check(z.minimum(0), z.maximum(2)), 0),
  topP: z._default(z.number().check(z.gt(0), z.maximum(1)), 1),
  topK: z._default(z.int().check(z.nonnegative(), z.maximum(1_000_000)), 0),
  seed: z.optional(z.int().check(z.minimum(-(2 ** 53) + 1), z.maximum(2 ** 53 - 1))),
  stop: z._default(z.array(z.string().check(z.minLength(1), z.maxLength(256))).check(z.maxLength(16)), []),
  repetitionPenalty: z._default(z.number().check(z.minimum(0.1), z.maximum(10)), 1),
  logitBias: z._default(
    z.record(z.string().check(z.regex(/^\d{1,7}$/, 'a token id')), z.number().check(z.minimum(-100), z.maximum(100))),
    {},
  ),
  topLogProbs: z.optional(z.int().check(z.nonnegative(), z.maximum(20))),
  n: z._default(z.int().check(z.positive(), z.maximum(16)), 1),
  format: z._default(formatSchema, { kind: 'text' }),
  context: z._default(z.enum(['refuse', 'trim']), 'refuse'),
});

const { domain, minConfidence, maxRisk, deadlineMs, maxCostUsd, valueUsd, residency, policy, priority } =
  requestSchema.shape;

/** A text request as it may come from anywhere. `text` is a chat of one user message. */
export const textRequestSchema = z.strictObject({
  task: z.literal('text-generation'),
  text: z.optional(z.string()),
  messages: z.optional(z.array(messageSchema).check(z.minLength(1), z.maxLength(MAX_MESSAGES))),
  tools: z._default(z.array(toolSchema).check(z.maxLength(MAX_TOOLS)), []),
  generation: z.prefault(generationSchema, {}),
  domain,
  minConfidence,
  maxRisk,
  deadlineMs,
  maxCostUsd,
  valueUsd,
  residency,
  policy,
  priority,
  /** Longest that the first tokens are held back so that a higher tier may take over unseen; 0 shows them at once. */
  holdMs: z._default(z.number().check(z.nonnegative(), z.maximum(60_000)), 500),
});

/** As a caller writes it. */
export type TextRequestInput = z.input<typeof textRequestSchema>;
type Parsed = z.infer<typeof textRequestSchema>;
/** As it was parsed: always messages, and as bounded as it says. */
export type TextRequest = Omit<Parsed, 'text' | 'messages' | 'generation'> & {
  readonly generation: Generation;
  readonly messages: NonNullable<Parsed['messages']>;
  /** UTF-8 bytes of all texts. */
  readonly textBytes: number;
};
