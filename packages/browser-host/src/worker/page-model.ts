import type { AddressedEndpoint, CodeEndpoint } from '@terrace/core';
import type { Caller } from '../calls/caller.js';
import type { Network } from '../network.js';
import type { PageCalls, PageEndpoint } from './protocol.js';

/** What the page brings, as tiers of the worker. To a model in its code a call crosses to the page and back, an abort as well. */
export function pageModels(
  endpoints: readonly PageEndpoint[],
  page: Pick<Caller<PageCalls>, 'call'>,
  network: Pick<Network, 'whileOnline'>,
): readonly (AddressedEndpoint | CodeEndpoint)[] {
  const ask = async (id: string, { abortSignal, ...options }: { abortSignal?: AbortSignal }): Promise<unknown> => {
    const outcome = await page.call('callModel', [id, options], { signal: network.whileOnline(abortSignal) });
    if (outcome.kind === 'answered') return outcome.answer;
    throw Object.assign(new Error('the model failed'), outcome.failure);
  };
  return endpoints.map((endpoint) => {
    if ('url' in endpoint) return endpoint;
    const {
      model: { kind, ...names },
      ...described
    } = endpoint;
    const call = (options: object): Promise<unknown> => ask(described.id, options);
    const methods = kind === 'embedding' ? { doEmbed: call } : { doGenerate: call };
    // What the client of such models reads of one; the page holds the model itself.
    return { ...described, model: { ...names, ...methods } as unknown as CodeEndpoint['model'] };
  });
}
