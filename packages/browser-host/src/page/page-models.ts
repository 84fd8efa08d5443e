import type { AddressedEndpoint, CodeEndpoint } from '@terrace/core';
import type { ModelFailure, PageCalls, PageEndpoint } from '../worker/protocol.js';

type OwnEndpoint = AddressedEndpoint | CodeEndpoint;

/** What crosses to the worker of a tier that the page brings: of a model in its own code, everything but its functions. */
export function withoutFunctions(endpoint: OwnEndpoint): PageEndpoint {
  if ('url' in endpoint) return endpoint;
  const { model, ...described } = endpoint;
  const { provider, modelId } = model;
  return { ...described, model: { provider, modelId, kind: 'doEmbed' in model ? 'embedding' : 'language' } };
}

/** Calls the page's own models for the worker. Of an answer only what Terrace reads goes back, as the rest may not cross. */
export function createModelCalls(endpoints: readonly OwnEndpoint[]): PageCalls['callModel'] {
  const models = new Map(endpoints.map(({ id, model }) => [id, model as unknown as Callable]));
  return async ([endpointId, options], { signal = new AbortController().signal }) => {
    try {
      const answer = await ask(models.get(endpointId)!, { ...options, abortSignal: signal });
      return { kind: 'answered', answer };
    } catch (error) {
      return { kind: 'failed', failure: failureOf(error) };
    }
  };
}

/** Of either kind and specification, as it is called here: the options were made by Terrace's own client of such models. */
interface Callable {
  doEmbed?(options: object): PromiseLike<{ readonly embeddings: unknown; readonly usage?: unknown }>;
  doGenerate?(
    options: object,
  ): PromiseLike<{ readonly content: readonly { readonly type: string }[]; readonly usage: unknown }>;
}

async function ask(model: Callable, options: object): Promise<unknown> {
  if (model.doEmbed) {
    const { embeddings, usage } = await model.doEmbed(options);
    return { embeddings, usage };
  }
  const { content, usage } = await model.doGenerate!(options);
  return { content: content.filter(({ type }) => type === 'text'), usage };
}

function failureOf(error: unknown): ModelFailure {
  const { name, code, cause, statusCode, isRetryable, responseHeaders } = Object(error) as Record<string, unknown>;
  const retryAfter = Object.entries(Object(responseHeaders)).find(([header]) => header.toLowerCase() === 'retry-after');
  return {
    name: ifString(name),
    code: ifString(code) ?? ifString((Object(cause) as Record<string, unknown>)['code']),
    statusCode: typeof statusCode === 'number' ? statusCode : undefined,
    isRetryable: typeof isRetryable === 'boolean' ? isRetryable : undefined,
    responseHeaders: retryAfter && { 'retry-after': String(retryAfter[1]) },
  };
}

const ifString = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
