import type { TextResult, TextStep } from '@terrace/core/text';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { priorityOf, requireModel, within } from './ask.js';
import { apiOf } from './error-shapes.js';
import { cacheOfRequest } from './cache-of-request.js';
import { requireShared } from './documents-of-request.js';
import type { AskedForText, ServerContext } from './server-context.js';
import type { TextChoice } from './text-name.js';

/** A chat for the text runtime, as a model's name and the body of a request say it. */
export interface TextAsk {
  readonly model: TextChoice;
  readonly input: Parameters<AskedForText['run']>[0];
  /** What its answer goes by: told before there is one. */
  readonly requestId: string;
}

/** Asks the text runtime as the key may; what it answers is counted, and told in the log line. */
export interface AskText {
  run(request: FastifyRequest, reply: FastifyReply, ask: TextAsk): Promise<TextResult>;
  stream(request: FastifyRequest, reply: FastifyReply, ask: TextAsk): AsyncGenerator<TextStep, TextResult>;
}

export function createAskText({
  text,
  metrics,
  signalOf,
  isCached,
  sharedCollections,
}: Pick<ServerContext, 'metrics' | 'signalOf'> & {
  readonly text: AskedForText;
  readonly isCached: boolean;
  readonly sharedCollections: readonly string[];
}): AskText {
  const begin = (request: FastifyRequest, reply: FastifyReply, { model, input, requestId }: TextAsk) => {
    requireModel(request, model);
    requireShared(input, sharedCollections);
    const { terrace } = request;
    terrace.asked++;
    const { key, residency } = terrace.access;
    const cache = cacheOfRequest(request, metrics, isCached);
    return [
      {
        ...input,
        ...cache.wish,
        residency: within(residency, input.residency),
        priority: input.priority ?? priorityOf(request),
      },
      { signal: signalOf(request, reply), requestId, ...cache.options, ...(key !== undefined && { key }) },
    ] as const;
  };

  const end = (request: FastifyRequest, { model }: TextAsk, result: TextResult): void => {
    const { terrace } = request;
    const { tier, placement, trace, usage, firstTokenMs, tokensPerSecond } = result;
    terrace.last = result;
    terrace.answered++;
    const climbs = trace.filter(({ kind }) => kind === 'climb' || kind === 'handover').length;
    metrics.answered({ api: apiOf(request.url), model: model.name, tier, placement, climbs, batches: [] });
    const { inputTokens, outputTokens } = usage;
    // What is given again was generated before.
    if (result.cache) return;
    metrics.generated({ tier, inputTokens, outputTokens, firstTokenMs, tokensPerSecond });
  };

  return {
    async run(request, reply, ask) {
      const result = await text.run(...begin(request, reply, ask));
      end(request, ask, result);
      return result;
    },
    async *stream(request, reply, ask) {
      const result = yield* text.stream(...begin(request, reply, ask));
      end(request, ask, result);
      return result;
    },
  };
}
