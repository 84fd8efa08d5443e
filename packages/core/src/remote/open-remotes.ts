import type { Endpoint } from '../catalog/endpoint.js';
import type { Budget } from '../ports/budget.js';
import type { Clock } from '../ports/clock.js';
import type { EndpointKeys } from '../ports/endpoint-keys.js';
import type { Fetch } from '../ports/fetch.js';
import type { Random } from '../ports/random.js';
import type { OwnPattern } from '../redact/own-patterns.js';
import { createRedactor, type Redactor } from '../redact/redact.js';
import { createAiSdkClient } from './ai-sdk-client.js';
import type { QueuePorts } from './answer-queued.js';
import type { AddressedEndpoint, CodeEndpoint, OwnEndpoint } from './code-endpoint.js';
import { createEndpointClient } from './create-client.js';
import { createOpenExchange, type OpenExchange } from './exchange.js';
import type { EndpointClient } from './endpoint-client.js';
import type { ForwardedAnswer, ForwardedChat } from './forward-chat.js';
import { createForwarder } from './forward.js';
import type { Reconciler } from './reconcile.js';
import { createRemotes, mustRedact, type Remotes } from './remotes.js';
import { createAiSdkExchange } from './text/ai-sdk-exchange.js';
import type { RemoteText } from './text/text-client.js';
import type { RemoteTextPorts } from './text/open-remote-text.js';

/** What asking endpoints takes, and what the application decides of it. */
export interface RemotePorts {
  readonly clock: Clock;
  readonly random: Random;
  /** The network; without it no tier of another machine is used. */
  readonly fetch?: Fetch;
  /** Keys of endpoints, by the host they are for. */
  readonly keys?: EndpointKeys;
  /** Tiers that the application brings itself: models in its code, and servers at an address. */
  readonly endpoints?: readonly OwnEndpoint[];
  /** What must not leave the device beside e-mail addresses, phone numbers, cards and accounts. */
  readonly redaction?: readonly OwnPattern[];
  /** Asks an endpoint a second time when its answer is late, for at most 8 % of calls; on by default. */
  readonly hedging?: boolean;
  /** What pays for the questions that endpoints are probed with. */
  readonly budget?: Pick<Budget, 'pay'> | undefined;
}

/** This module, as whoever loads it gets it: perhaps from a file of its own, with copies of what core has too. */
export interface RemoteModule {
  openRemotes(ports: RemotePorts): Remotes;
  /** @throws ZodError when the code describes no endpoint */
  toOwnEndpoint(described: CodeEndpoint | AddressedEndpoint): OwnEndpoint;
  /** Answers requests that were put off. */
  answerQueued(ports: QueuePorts): Reconciler;
  /** @throws BudgetExhaustedError; what `Remotes.forward` throws */
  forwardChat(chat: ForwardedChat): Promise<ForwardedAnswer>;
  /** Generates by an endpoint. */
  openRemoteText(ports: RemoteTextPorts): RemoteText;
}

export { answerQueued } from './answer-queued.js';
export { toOwnEndpoint } from './code-endpoint.js';
export { forwardChat } from './forward-chat.js';
export { openRemoteText } from './text/open-remote-text.js';

/** Clients, breakers and redaction: all that a runtime without endpoints never needs. */
export function openRemotes({
  clock,
  random,
  fetch,
  keys = () => undefined,
  endpoints = [],
  redaction = [],
  hedging = true,
  budget,
}: RemotePorts): Remotes {
  const models = new Map(endpoints.map(({ endpoint: { id }, model }) => [id, model]));
  let redactor: Redactor | undefined;
  // Built when something leaves for the first time: what stays on the premises is not looked into.
  const redacts = (): Redactor => (redactor ??= createRedactor({ patterns: redaction }));
  const clientOf = (endpoint: Endpoint): EndpointClient =>
    endpoint.protocol === 'ai-sdk'
      ? createAiSdkClient({ model: models.get(endpoint.id)!, id: endpoint.id, clock })
      : createEndpointClient({ endpoint, fetch: fetch!, keys, clock });
  const exchangeOf = (endpoint: Endpoint): OpenExchange =>
    endpoint.protocol === 'ai-sdk'
      ? createAiSdkExchange({ model: models.get(endpoint.id)!, id: endpoint.id, clock })
      : createOpenExchange(endpoint, { fetch: fetch!, keys, clock });
  return createRemotes({
    clientOf,
    forwarderOf: (endpoint) =>
      createForwarder(endpoint, {
        open: exchangeOf(endpoint),
        redactor: mustRedact(endpoint) ? redacts() : undefined,
      }),
    redact: (text) => redacts().redact(text),
    hedging,
    budget,
    clock,
    random,
  });
}
