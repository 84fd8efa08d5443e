import { z } from 'zod/mini';

const count = z.nullish(z.union([z.number(), z.object({ total: z.nullish(z.number()) })]));
/** Of version 2 a word, of version 3 an object. */
const reasonSchema = z.union([z.string(), z.object({ unified: z.string() })]);
const partSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text-delta'), delta: z.string() }),
  z.object({
    type: z.literal('tool-call'),
    toolCallId: z.string(),
    toolName: z.string(),
    input: z.string(),
    providerExecuted: z.optional(z.boolean()),
  }),
  z.object({
    type: z.literal('finish'),
    finishReason: reasonSchema,
    usage: z.nullish(z.object({ inputTokens: count, outputTokens: count })),
  }),
  z.object({ type: z.literal('error'), error: z.unknown() }),
]);

/**
 * Parts of a stream of the AI SDK as events of the OpenAI protocol, in JSON. Thoughts, files and sources are left out.
 * @param failure what a part that says that it failed means
 */
export async function* chunksOfParts(
  parts: AsyncIterable<unknown>,
  failure: (error: unknown) => Error,
): AsyncGenerator<string> {
  let calls = 0;
  for await (const value of parts) {
    const { data: part } = partSchema.safeParse(value);
    switch (part?.type) {
      case undefined:
        break;
      case 'text-delta':
        yield chunk({ content: part.delta });
        break;
      case 'tool-call':
        // What the provider calls by itself is no business of who asked.
        if (part.providerExecuted !== true) yield chunk({ tool_calls: [called(part, calls++)] });
        break;
      case 'finish':
        if (reasonOf(part.finishReason) === 'error') throw failure(undefined);
        yield JSON.stringify({
          choices: [{ index: 0, delta: {}, finish_reason: reasonOf(part.finishReason) }],
          usage: {
            prompt_tokens: totalOf(part.usage?.inputTokens),
            completion_tokens: totalOf(part.usage?.outputTokens),
          },
        });
        yield '[DONE]';
        return;
      case 'error':
        throw failure(part.error);
      default:
        part satisfies never;
    }
  }
}

const chunk = (delta: object): string => JSON.stringify({ choices: [{ index: 0, delta }] });

const called = (
  { toolCallId, toolName, input }: { toolCallId: string; toolName: string; input: string },
  index: number,
) => ({
  index,
  id: toolCallId,
  type: 'function',
  function: { name: toolName, arguments: input },
});

const totalOf = (tokens: z.infer<typeof count>): number | undefined =>
  (typeof tokens === 'number' ? tokens : tokens?.total) ?? undefined;

function reasonOf(reason: z.infer<typeof reasonSchema>): string {
  const word = typeof reason === 'string' ? reason : reason.unified;
  return word === 'tool-calls' ? 'tool_calls' : word === 'content-filter' ? 'content_filter' : word;
}
