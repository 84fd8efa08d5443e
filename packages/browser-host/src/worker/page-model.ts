import type { CodeEndpoint } from '@terrace/core';
import type { PageCalls, PageEndpoint } from './protocol.js';

/** Models in the page's code as tiers of the worker: a call crosses to the page and back, an abort as well. */
export function pageModels(endpoints: readonly PageEndpoint[], page: Pick<PageCalls, 'callModel' | 'abortModel'>) {
  let lastId = 0;
  const ask = async (id: string, { abortSignal, ...options }: { abortSignal?: AbortSignal }): Promise<unknown> => {
    const callId = ++lastId;
    const abort = (): void => page.abortModel(callId);
    abortSignal?.addEventListener('abort', abort, { once: true });
    try {
      const outcome = await page.callModel(id, callId, options);
      if (outcome.kind === 'answered') return outcome.answer;
      throw Object.assign(new Error('the model failed'), outcome.failure);
    } finally {
      abortSignal?.removeEventListener('abort', abort);
    }
  };
  return endpoints.map(({ model: { kind, ...names }, ...described }): CodeEndpoint => {
    const call = (options: object): Promise<unknown> => ask(described.id, options);
    const methods = kind === 'embedding' ? { doEmbed: call } : { doGenerate: call };
    // What the client of such models reads of one; the page holds the model itself.
    return { ...described, model: { ...names, ...methods } as unknown as CodeEndpoint['model'] };
  });
}
