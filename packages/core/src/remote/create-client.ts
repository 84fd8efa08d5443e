import type { Endpoint } from '../catalog/endpoint.js';
import type { EndpointClient } from './endpoint-client.js';
import { createExchange, type ExchangePorts } from './exchange.js';
import { notForIt } from './exchange-failure.js';
import { createOipClient } from './oip-client.js';
import { createOpenAiClient } from './openai-client.js';
import { createTeiClient } from './tei-client.js';

/** What a client needs to know of an endpoint; `terrace tiers add` knows no more before it has asked. */
export type ClientEndpoint = Pick<Endpoint, 'id' | 'protocol' | 'url' | 'model' | 'domains' | 'labels' | 'tensors'>;

/**
 * A client for the protocol that the endpoint is asked in. Make one and keep it: it learns what the server takes.
 * @throws EndpointRefusedError for a model of the AI SDK, which is no address
 */
export function createEndpointClient({
  endpoint,
  ...ports
}: { readonly endpoint: ClientEndpoint } & ExchangePorts): EndpointClient {
  const exchange = createExchange(endpoint, ports);
  switch (endpoint.protocol) {
    case 'openai':
      return createOpenAiClient(endpoint, exchange);
    case 'oip':
      return createOipClient(endpoint, exchange);
    case 'tei':
      return createTeiClient(endpoint, exchange);
    case 'ai-sdk':
      throw notForIt(endpoint.id, 'is a model of the application itself', 'Give the runtime its model object.');
    default:
      throw endpoint.protocol satisfies never;
  }
}
