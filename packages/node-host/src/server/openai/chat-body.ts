import { z } from 'zod';

/** Parts and messages carry what other servers put there; only what is read has a shape. */
const partSchema = z.looseObject({ type: z.string().max(64) });
const contentSchema = z.union([z.string(), z.array(partSchema).max(1024)]);
const messageSchema = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool', 'function']),
  content: contentSchema.nullish(),
});

const jsonSchemaSchema = z.record(z.string(), z.unknown());
const responseFormatSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text') }),
  z.strictObject({ type: z.literal('json_object') }),
  z.strictObject({
    type: z.literal('json_schema'),
    json_schema: z.strictObject({
      name: z.string().max(256),
      description: z.string().nullish(),
      schema: jsonSchemaSchema.optional(),
      strict: z.boolean().nullish(),
    }),
  }),
]);

const functionName = z.string().regex(/^[a-zA-Z0-9_.-]{1,128}$/, 'letters, digits, "_", "-" and "."');
const toolSchema = z.strictObject({
  type: z.literal('function'),
  function: z.strictObject({
    name: functionName,
    description: z.string().nullish(),
    parameters: jsonSchemaSchema.nullish(),
    strict: z.boolean().nullish(),
  }),
});
const toolChoiceSchema = z.union([
  z.enum(['none', 'auto', 'required']),
  z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: functionName }) }),
]);

const between = (least: number, most: number) => z.number().min(least).max(most).nullish();
const words = z.string().max(4096).nullish();

/** Parameters that steer how text is written: a label is chosen, so they are checked and change nothing. */
const WITHOUT_EFFECT = {
  temperature: between(0, 2),
  top_p: between(0, 1),
  frequency_penalty: between(-2, 2),
  presence_penalty: between(-2, 2),
  seed: z.number().int().nullish(),
  max_tokens: z.number().int().positive().nullish(),
  max_completion_tokens: z.number().int().positive().nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(16)]).nullish(),
  logit_bias: z.record(z.string(), z.number()).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  modalities: z.array(z.literal('text')).nullish(),
  parallel_tool_calls: z.boolean().nullish(),
  prompt_cache_key: words,
  prompt_cache_options: z.looseObject({}).nullish(),
  prompt_cache_retention: words,
  reasoning_effort: words,
  safety_identifier: words,
  service_tier: words,
  store: z.literal(false, 'answers are not stored').nullish(),
  user: words,
  verbosity: words,
};

/** Parameters of the API that ask for something no classification gives; `chat-request.ts` refuses them by name. */
export const UNSUPPORTED = [
  'audio',
  'function_call',
  'functions',
  'moderation',
  'prediction',
  'web_search_options',
] as const;

export const chatBodySchema = z.strictObject({
  /** A model with a domain, such as `terrace/auto:clinc150`, or an endpoint of the catalog. */
  model: z.string().min(1).max(512),
  messages: z.array(messageSchema).min(1).max(4096),
  response_format: responseFormatSchema.nullish(),
  tools: z.array(toolSchema).max(128).nullish(),
  tool_choice: toolChoiceSchema.nullish(),
  n: z.literal(1, 'there is one answer to a classification').nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.number().int().min(0).max(20).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z
    .strictObject({ include_usage: z.boolean().nullish(), include_obfuscation: z.boolean().nullish() })
    .nullish(),
  ...WITHOUT_EFFECT,
});

export type ChatBody = z.infer<typeof chatBodySchema>;

/** A chat that is passed on: what else is in it is for the endpoint to judge. */
export const passedOnSchema = z.looseObject({
  model: z.string().min(1).max(512),
  messages: z
    .array(z.looseObject({ role: z.string().max(64) }))
    .min(1)
    .max(4096),
  stream: z.boolean().nullish(),
});
