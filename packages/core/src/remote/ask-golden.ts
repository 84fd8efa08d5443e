import { labelsOf, type RemoteTier } from '../catalog/tier.js';
import { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import { RemoteAnswerError } from '../errors/remote-answer-error.js';
import type { Random } from '../ports/random.js';
import { labelOf } from '../tasks/text-classification/label-of.js';
import type { EndpointClient, RemoteAsk, RemoteReply } from './endpoint-client.js';
import { requireSame } from './require-same.js';

const PROBE_TEXT = 'hello';

/**
 * Asks an endpoint the question whose answer is known: never anything of a user's.
 * @param mayLeave what of a text may leave the device
 * @returns undefined where it has no question to be held to, and only was there
 * @throws what `EndpointClient.ask` throws; RemoteAnswerError when the answer is another one
 */
export async function askGolden({
  client,
  tier,
  mayLeave,
  random,
  signal,
}: {
  client: EndpointClient;
  tier: RemoteTier;
  mayLeave: (text: string) => string;
  random: Random;
  signal: AbortSignal;
}): Promise<RemoteReply | undefined> {
  const { endpoint, delta } = tier;
  const { golden } = endpoint;
  const [task] = endpoint.tasks;
  if (
    task === undefined ||
    task === 'text-generation' ||
    (task === 'text-classification' && labelsOf(tier).length === 0)
  ) {
    await askWhetherThere(client, signal);
    return undefined;
  }
  const ask: RemoteAsk = {
    task,
    text: mayLeave(golden?.text ?? PROBE_TEXT),
    domain: delta?.domain ?? golden?.domain,
    labels: task === 'text-classification' ? labelsOf(tier) : [],
    outOfScopeLabel: delta?.outOfScopeLabel ?? null,
    requestId: `golden-${Math.floor(random() * 2 ** 32).toString(16)}`,
  };
  const reply = await client.ask(ask, signal);
  requireSame(tier, reply);
  const sameDomain = golden?.domain === undefined || golden.domain === delta?.domain;
  const label = sameDomain ? golden?.label : undefined;
  if (label !== undefined && labelOf(reply.answer) !== label) throw wrongGolden(endpoint.id);
  return reply;
}

/** What chats are only passed on to has no question to be held to: that it answers at all has to do. */
const askWhetherThere = (client: EndpointClient, signal: AbortSignal): Promise<unknown> =>
  client.describe(signal).catch((error: unknown) => {
    // Not every server lists its models.
    if (!EndpointRefusedError.isInstance(error)) throw error;
  });

const wrongGolden = (endpoint: string): RemoteAnswerError =>
  new RemoteAnswerError({
    message: `${endpoint} answers its golden question otherwise than when it was added.`,
    hint: `If its model was changed on purpose, add it again: \`terrace tiers add URL --id ${endpoint} --replace\`.`,
    facts: { endpoint, fault: 'golden' },
  });
