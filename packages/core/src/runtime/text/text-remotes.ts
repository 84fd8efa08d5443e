import type { Endpoint } from '../../catalog/endpoint.js';
import { withEndpoints } from '../../catalog/with-endpoints.js';
import type { CatalogSource } from '../../ports/catalog-source.js';
import type { RemoteText } from '../../remote/text/text-client.js';
import type { Remotes } from '../../remote/remotes.js';
import type { RatedTextTier } from '../../text/plan/text-plan.js';
import { remoteSource } from '../../text/remote/remote-source.js';
import type { RemoteTextTier } from '../../text/text-tier.js';
import type { TextSource } from '../../text/text-source.js';
import { createLazyRemotes } from '../lazy-remotes.js';
import type { TextPorts } from './text-runtime.js';

type RemoteTextRung = RatedTextTier & { readonly tier: RemoteTextTier };

/** The tiers of a text runtime that somebody else runs. Nothing that asks them is loaded before one is asked. */
export interface TextRemotes extends Pick<Remotes, 'state' | 'lookAgain'> {
  /** With the application's own tiers in it. */
  readonly catalog: CatalogSource;
  /** Whether this host can ask an endpoint at all. */
  canAsk(endpoint: Endpoint): boolean;
  /** Whether it cannot be asked at the moment, as far as is known. */
  isAway(endpoint: Endpoint): boolean;
  source(rung: RemoteTextRung): TextSource;
  close(): void;
}

export function createTextRemotes(ports: TextPorts): TextRemotes {
  const { catalog, clock, budget, fetch, endpoints = [], loadRemote } = ports;
  const own = endpoints.map(({ endpoint }) => endpoint);
  const ownIds = new Set(own.map(({ id }) => id));
  /** What is learnt of an endpoint is kept with what asks it. */
  const texts = new Map<string, RemoteText>();
  const load = async () => {
    if (!loadRemote) throw new Error('the text runtime was given no `loadRemote`');
    return loadRemote();
  };
  const remotes = createLazyRemotes({ open: async () => (await load()).openRemotes(ports), clock });

  const textOf = (endpoint: Endpoint): RemoteText => ({
    async *stream(chat, signal) {
      const over = new AbortController();
      await remotes.open(endpoint, signal ?? over.signal);
      const text = texts.get(endpoint.contentId) ?? (await load()).openRemoteText({ endpoint, remotes, clock, budget });
      texts.set(endpoint.contentId, text);
      return yield* text.stream(chat, signal);
    },
  });

  return {
    catalog: withEndpoints(catalog, own),
    canAsk: ({ id, protocol }) =>
      loadRemote !== undefined && (protocol === 'ai-sdk' ? ownIds.has(id) : fetch !== undefined),
    isAway: (endpoint) => !remotes.isUp(endpoint) || budget?.isSpentFor(endpoint) === true,
    source({ tier }) {
      const { id, placement, endpoint } = tier;
      const state = () => remotes.state({ kind: 'remote', id, placement, endpoint, delta: undefined });
      return remoteSource(tier, { text: textOf(endpoint), state, budget });
    },
    state: (tier) => remotes.state(tier),
    lookAgain: () => remotes.lookAgain(),
    close: () => remotes.close(),
  };
}
