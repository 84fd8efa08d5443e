import type { RemoteTier } from '../catalog/tier.js';
import { RemoteAnswerError } from '../errors/remote-answer-error.js';
import type { RemoteReply } from './endpoint-client.js';

/** @throws RemoteAnswerError when an endpoint that stands for a model of the catalog computes with other weights */
export function requireSame({ id, endpoint: { serves }, delta }: RemoteTier, { computedBy }: RemoteReply): void {
  if (!serves || !computedBy) return;
  const expected = delta && serves.deltas[delta.domain];
  if (computedBy.variant === serves.variant && (expected === undefined || computedBy.delta === expected)) return;
  throw new RemoteAnswerError({
    message: `${id} no longer computes with the weights or the delta that it was added with.`,
    hint: `Add it again: \`terrace tiers add URL --id ${id} --replace\`.`,
    facts: { endpoint: id, fault: 'protocol' },
  });
}
