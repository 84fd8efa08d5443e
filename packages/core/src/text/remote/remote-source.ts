import { costOfCall } from '../../catalog/cost-of-call.js';
import type { Budget } from '../../ports/budget.js';
import { modelName } from '../../remote/model-name.js';
import type { LinkState } from '../../remote/link.js';
import { createSpending } from '../../remote/spending.js';
import type { RemoteText } from '../../remote/text/text-client.js';
import type { RemoteTextTier } from '../text-tier.js';
import type { TextRun, TextSource } from '../text-source.js';

/** A tier that somebody else runs. */
export function remoteSource(
  tier: RemoteTextTier,
  {
    text,
    state,
    budget,
  }: {
    readonly text: RemoteText;
    /** How the endpoint does. */
    readonly state: () => LinkState;
    readonly budget?: Pick<Budget, 'whySpent'> | undefined;
  },
): TextSource {
  const { endpoint, delta } = tier;
  const isFree = costOfCall(endpoint, { inputTokens: 1, outputTokens: 1 }) === 0;
  const units = isFree ? (['bytes'] as const) : (['usd', 'bytes'] as const);
  return {
    run({ messages, tools, prefix, generation, domain, requestId, key }, signal) {
      const spending = createSpending();
      let redacted: Readonly<Record<string, number>> = {};
      const told = { onCall: spending.add, onRedacted: (counts: typeof redacted) => void (redacted = counts) };
      const generate = async function* (): TextRun['pieces'] {
        const model = delta?.servedAs[endpoint.id] ?? modelName(endpoint, domain);
        const asked = { messages, tools, prefix, generation, model, requestId, key };
        return yield* text.stream({ ...asked, ...told }, signal);
      };
      return {
        pieces: generate(),
        spent: () => ({
          costUsd: spending.costUsd(),
          sentBytes: spending.sentBytes(),
          redacted,
          loadMs: 0,
          loadedBytes: 0,
        }),
      };
    },
    readyInMs: () => 0,
    closed() {
      if (state().kind === 'offline') return 'offline';
      if (state().kind !== 'up') return 'tier-failed';
      return budget?.whySpent(tier.id, {}, units) ? 'cost' : undefined;
    },
  };
}
