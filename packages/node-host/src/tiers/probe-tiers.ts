import {
  createEndpointClient,
  createRedactor,
  createRemotes,
  labelOf,
  type Clock,
  type EndpointKeys,
  type Fetch,
  type LinkState,
  type OwnPattern,
  type Random,
  type RemoteTier,
} from '@terrace/core';
import { goldenAsk } from './golden-question.js';

/** How a tier does, as far as one question tells. */
export interface TierHealth {
  readonly health: 'up' | 'down' | 'unknown';
  readonly why?: string;
  /** Of the breaker that a request would meet after that question; none where nothing was asked. */
  readonly breaker: 'closed' | 'open' | 'held' | undefined;
  readonly tookMs?: number;
}

/**
 * Puts its golden question to every tier at once, the way a request goes: through retries, breaker and redaction. Never
 * rejects but when the signal aborts.
 * @param timeoutMs longest that an answer is waited for
 */
export async function probeTiers(
  tiers: readonly RemoteTier[],
  {
    fetch,
    keys,
    clock,
    random,
    redaction,
    timeoutMs,
    newId,
    signal,
  }: {
    fetch: Fetch;
    keys: EndpointKeys;
    clock: Clock;
    random: Random;
    redaction: readonly OwnPattern[];
    timeoutMs: number;
    newId: () => string;
    signal: AbortSignal;
  },
): Promise<Map<string, TierHealth>> {
  const redactor = createRedactor({ patterns: [...redaction] });
  const remotes = createRemotes({
    clientOf: (endpoint) => createEndpointClient({ endpoint, fetch, keys, clock }),
    forwarderOf: () => () => Promise.reject(new Error('a probe passes nothing on')),
    redact: (text) => redactor.redact(text),
    // One question a tier: a second one tells no more.
    hedging: false,
    clock,
    random,
  });
  const probe = async (tier: RemoteTier): Promise<TierHealth> => {
    const { endpoint, delta } = tier;
    const limit = AbortSignal.timeout(Math.ceil(timeoutMs));
    try {
      if (endpoint.tasks.length === 0 || endpoint.tasks[0] === 'text-generation') {
        const fromMs = clock.nowMs();
        await remotes.check(tier, AbortSignal.any([signal, limit]));
        return { health: 'up', breaker: breakerOf(remotes.state(tier)), tookMs: clock.nowMs() - fromMs };
      }
      const { answer, durationMs } = await remotes.run({
        tier,
        ask: goldenAsk(endpoint, delta, newId()),
        expectedMs: endpoint.measuredMs ?? timeoutMs,
        signal: AbortSignal.any([signal, limit]),
        onCall: () => undefined,
        mayRepeat: () => true,
      });
      const said = labelOf(answer);
      const expected = endpoint.golden?.label;
      const breaker = breakerOf(remotes.state(tier));
      return expected === undefined || said === expected
        ? { health: 'up', breaker, tookMs: durationMs }
        : { health: 'down', why: 'it answers its golden question wrongly', breaker, tookMs: durationMs };
    } catch (error) {
      signal.throwIfAborted();
      const why = limit.aborted ? `no answer within ${Math.round(timeoutMs)} ms` : (error as Error).message;
      return { health: 'down', why, breaker: breakerOf(remotes.state(tier)) };
    }
  };
  try {
    return new Map(await Promise.all(tiers.map(async (tier) => [tier.id, await probe(tier)] as const)));
  } finally {
    remotes.close();
  }
}

function breakerOf(state: LinkState): TierHealth['breaker'] {
  switch (state.kind) {
    case 'up':
      return 'closed';
    case 'held':
      return 'held';
    case 'offline':
    case 'failing':
      return 'open';
    default:
      return state satisfies never;
  }
}
