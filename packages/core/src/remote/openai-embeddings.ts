import { z } from 'zod/mini';
import type { TierAnswer } from '../tasks/answer.js';
import { wrongAnswer } from './exchange-failure.js';
import { usageSchema } from './openai-chat.js';
import { atMost } from './parse-reply.js';
import { embeddingAnswer } from './reply-values.js';

/** Longest base64 that is decoded: 64 Ki values of four bytes. */
const MAX_BASE64 = 350_000;

/** Not every server takes base64, which is four times shorter. */
export const EMBEDDING_FORMS = ['base64', 'float'] as const;

export function embeddingsBody(form: (typeof EMBEDDING_FORMS)[number], model: string, text: string): string {
  return JSON.stringify({ model, input: text, ...(form === 'base64' && { encoding_format: form }) });
}

export const embeddingsReplySchema = z.object({
  data: atMost(
    16,
    z.object({ embedding: z.union([z.string().check(z.maxLength(MAX_BASE64)), z.custom<unknown[]>(Array.isArray)]) }),
  ),
  usage: z.nullish(usageSchema),
});

/** @throws RemoteAnswerError */
export function readEmbedding(endpointId: string, { data }: z.infer<typeof embeddingsReplySchema>): TierAnswer {
  const [first, ...more] = data;
  if (!first || more.length > 0) throw wrongAnswer(endpointId, 'it has not one embedding');
  const { embedding } = first;
  return embeddingAnswer(endpointId, typeof embedding === 'string' ? floatsOf(endpointId, embedding) : embedding);
}

/** Little-endian FP32 in base64. */
function floatsOf(endpointId: string, base64: string): Float32Array {
  const binary = decoded(endpointId, base64);
  if (binary.length % 4 !== 0) throw wrongAnswer(endpointId, 'its embedding is cut off');
  const view = new DataView(new ArrayBuffer(binary.length));
  for (let i = 0; i < binary.length; i++) view.setUint8(i, binary.charCodeAt(i));
  return Float32Array.from({ length: binary.length / 4 }, (_, i) => view.getFloat32(i * 4, true));
}

function decoded(endpointId: string, base64: string): string {
  try {
    return atob(base64);
  } catch {
    throw wrongAnswer(endpointId, 'its embedding is not base64');
  }
}
