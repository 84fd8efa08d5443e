import type { TextFace } from '@terrace/core';
import type { TextRequestInput, TextResult, TextStep } from '@terrace/core/text';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { priorityOf, requireModel, within } from './ask.js';
import { apiOf } from './error-shapes.js';
import type { ServerContext } from './server-context.js';
import type { TextChoice } from './text-name.js';

/** A chat for the text runtime, as a model's name and the body of a request say it. */
export interface TextAsk {
  readonly model: TextChoice;
  readonly input: TextRequestInput;
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
}: Pick<ServerContext, 'metrics' | 'signalOf'> & { readonly text: Pick<TextFace, 'run' | 'stream'> }): AskText {
  const begin = (request: FastifyRequest, reply: FastifyReply, { model, input, requestId }: TextAsk) => {
    requireModel(request, model);
    const { terrace } = request;
    terrace.asked++;
    const { key, residency } = terrace.access;
    return [
      { ...input, residency: within(residency, input.residency), priority: input.priority ?? priorityOf(request) },
      { signal: signalOf(request, reply), requestId, ...(key !== undefined && { key }) },
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
