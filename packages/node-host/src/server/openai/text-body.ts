import { documentsWishSchema } from '@terrace/core/documents';
import { z } from 'zod';
import { chatBodySchema } from './chat-body.js';

const callSchema = z.looseObject({
  id: z.string().min(1).max(256),
  function: z.looseObject({ name: z.string().min(1).max(128), arguments: z.string().max(65_536) }),
});

const messageSchema = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z.union([z.string(), z.array(z.looseObject({ type: z.string().max(64) })).max(1024)]).nullish(),
  tool_calls: z.array(callSchema).max(64).nullish(),
  tool_call_id: z.string().min(1).max(256).nullish(),
});

/** A chat that is answered in text: what steers the writing counts here. */
export const textBodySchema = chatBodySchema.extend({
  messages: z.array(messageSchema).min(1).max(1024),
  n: z.number().int().min(1).max(16).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  stop: z.union([z.string().min(1).max(256), z.array(z.string().min(1).max(256)).max(16)]).nullish(),
  logit_bias: z.record(z.string().regex(/^\d{1,7}$/, 'a token id'), z.number().min(-100).max(100)).nullish(),
  max_tokens: z.number().int().min(1).max(131_072).nullish(),
  max_completion_tokens: z.number().int().min(1).max(131_072).nullish(),
  /** Words of vLLM. */
  top_k: z.number().int().min(0).max(1_000_000).nullish(),
  repetition_penalty: z.number().min(0.1).max(10).nullish(),
  /** Of this server: what the chat is answered from. */
  documents: z.nullish(documentsWishSchema),
});

export type TextBody = z.infer<typeof textBodySchema>;
