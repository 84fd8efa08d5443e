import { labelsOf, type RemoteTier } from '../catalog/tier.js';
import type { RemoteJob, Remotes } from '../remote/remotes.js';
import type { Request } from '../request/parse-request.js';
import type { Testimony } from './run-tier.js';

/** How an endpoint came to its testimony. */
export interface EndpointRun {
  readonly testimony: Testimony;
  readonly calls: number;
  readonly redacted: Readonly<Record<string, number>>;
}

/**
 * Asks a tier that somebody else runs.
 * @throws what `Remotes.run` throws
 */
export async function askEndpoint({
  remotes,
  tier,
  request: { task, text, domain },
  requestId,
  ...how
}: {
  remotes: Remotes;
  tier: RemoteTier;
  request: Pick<Request, 'task' | 'text' | 'domain'>;
  requestId: string;
} & Pick<RemoteJob, 'expectedMs' | 'signal' | 'onCall' | 'mayRepeat'>): Promise<EndpointRun> {
  const labels = task === 'text-classification' ? labelsOf(tier) : [];
  const outOfScopeLabel = tier.delta?.outOfScopeLabel ?? null;
  const ask = { task, text, domain, labels, outOfScopeLabel, requestId };
  const { answer, tokens, durationMs, ...run } = await remotes.run({ tier, ask, ...how });
  return { testimony: { tier, answer, tokens, textTokens: tokens, unknownTokens: 0, runMs: durationMs }, ...run };
}
