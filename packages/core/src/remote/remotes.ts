import { labelsOf, type RemoteTier } from '../catalog/tier.js';
import type { Endpoint } from '../catalog/endpoint.js';
import type { Budget } from '../ports/budget.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import type { Redacted } from '../redact/redact.js';
import type { TierAnswer } from '../tasks/answer.js';
import type { EndpointClient, RemoteAsk } from './endpoint-client.js';
import type { Forwarded, ForwardCall, ForwardJob, Forwarder } from './forward.js';
import { createLink, type Link, type LinkAsk, type LinkState } from './link.js';
import { runtimeIsClosed } from './runtime-closed.js';

/** What a chat takes until the endpoint has shown it. */
const FORWARD_MS = 2000;

/** One question to a tier that somebody else runs. */
interface RemoteJob extends Pick<LinkAsk, 'tier' | 'expectedMs' | 'signal' | 'onCall' | 'mayRepeat'> {
  /** With the text as the user wrote it: what must not leave is replaced here. Labels are those of the tier by default. */
  readonly ask: Omit<RemoteAsk, 'labels' | 'outOfScopeLabel'> & Partial<RemoteAsk>;
}

interface RemoteRun {
  readonly answer: TierAnswer;
  readonly tokens: number;
  /** From the call to the answer, network and tries included. */
  readonly durationMs: number;
  /** 2 when a second call was made because the first was late. */
  readonly calls: number;
  /** How many values of each kind were replaced before the text left. */
  readonly redacted: Readonly<Record<string, number>>;
}

/** Everything that leaves the device goes through here. */
export interface Remotes {
  /**
   * @throws EndpointUnreachableError, EndpointOverloadedError, EndpointFailedError, EndpointRefusedError,
   *   RemoteAnswerError; the signal's reason
   */
  run(job: RemoteJob): Promise<RemoteRun>;
  state(tier: RemoteTier): LinkState;
  /** Whether an endpoint can be asked, as far as is known. */
  isUp(endpoint: Pick<Endpoint, 'contentId'>): boolean;
  /** Passes a chat on to an endpoint as it is, but for what must not leave. @throws like `run`; InvalidRequestError */
  forward(
    job: ForwardJob &
      Pick<ForwardCall, 'onCall'> & {
        readonly mayRepeat?: LinkAsk['mayRepeat'];
        /** When its stream is over, and how: whoever gives it settles it. */
        readonly ended?: Promise<void> | undefined;
      },
  ): Promise<Forwarded>;
  /** Asks an endpoint its golden question now. @throws like `run` */
  check(tier: RemoteTier, signal: AbortSignal): Promise<void>;
  /** Calls back whenever an endpoint that could not be asked answers again. */
  onUp(listener: () => void): void;
  /** The network may be back: endpoints that could not be asked are probed at once. */
  lookAgain(): void;
  close(): void;
}

/**
 * @param clientOf makes the client of an endpoint; once a content of it
 * @param redact replaces what must not leave
 */
export function createRemotes({
  clientOf,
  forwarderOf,
  redact,
  hedging,
  budget,
  clock,
  random,
}: {
  clientOf: (endpoint: Endpoint) => EndpointClient;
  /** Makes what passes chats on to an endpoint; once a content and a model of it. */
  forwarderOf: (endpoint: Endpoint) => Forwarder;
  redact: (text: string) => Redacted;
  /** Whether a late answer is asked for a second time. */
  hedging: boolean;
  /** What pays for probes. */
  budget?: Pick<Budget, 'pay'> | undefined;
  clock: Clock;
  random: Random;
}): Remotes {
  const links = new Map<string, Link>();
  const forwarders = new Map<string, Forwarder>();
  const listeners: (() => void)[] = [];
  let closed = false;

  /** What leaves of a text, and what was replaced in it. */
  const leaving = (endpoint: Endpoint, text: string): Pick<Redacted, 'text' | 'counts'> =>
    mustRedact(endpoint) ? redact(text) : { text, counts: {} };

  const linkOf = ({ endpoint }: RemoteTier): Link => {
    const known = links.get(endpoint.contentId);
    if (known) return known;
    const link = createLink({
      client: clientOf(endpoint),
      mayLeave: (text) => leaving(endpoint, text).text,
      timeoutMs: endpoint.timeoutMs,
      hedging,
      budget,
      clock,
      random,
      onUp: () => listeners.forEach((listener) => listener()),
    });
    links.set(endpoint.contentId, link);
    return link;
  };

  const stateOf = ({ contentId }: Pick<Endpoint, 'contentId'>): LinkState =>
    links.get(contentId)?.state() ?? { kind: 'up' };

  return {
    async run({ tier, ask, ...how }) {
      if (closed) throw runtimeIsClosed(tier.id);
      const { text, counts } = leaving(tier.endpoint, ask.text);
      const fromMs = clock.nowMs();
      // Two endpoints may be one server, which takes the same id for the same question.
      const requestId = `${ask.requestId}-${tier.endpoint.contentId.slice(0, 8)}`;
      const labels = ask.task === 'text-classification' ? labelsOf(tier) : [];
      const outOfScopeLabel = tier.delta?.outOfScopeLabel ?? null;
      const asked = { labels, outOfScopeLabel, ...ask, text, requestId };
      const { reply, calls } = await linkOf(tier).ask({ tier, ask: asked, ...how });
      const { answer, inputTokens } = reply;
      return { answer, tokens: inputTokens, durationMs: clock.nowMs() - fromMs, calls, redacted: counts };
    },
    async forward({ endpoint, model = endpoint.model, signal, path, body, onCall, mayRepeat, ended }) {
      if (closed) throw runtimeIsClosed(endpoint.id);
      const { contentId, id, placement, measuredMs = FORWARD_MS } = endpoint;
      const name = JSON.stringify([contentId, model]);
      const forward = forwarders.get(name) ?? forwarderOf({ ...endpoint, model });
      forwarders.set(name, forward);
      const tier: RemoteTier = { kind: 'remote', id, placement, endpoint, delta: undefined };
      const work = (limited: AbortSignal): Promise<Forwarded> => forward({ path, body, onCall, signal, limited });
      return linkOf(tier).use(work, { tier, expectedMs: measuredMs, signal, mayRepeat, ended });
    },
    state: ({ endpoint }) => stateOf(endpoint),
    isUp: (endpoint) => stateOf(endpoint).kind === 'up',
    async check(tier, signal) {
      await linkOf(tier).check(tier, signal);
    },
    onUp: (listener) => void listeners.push(listener),
    lookAgain: () => links.forEach((link) => link.lookAgain()),
    close() {
      closed = true;
      for (const link of links.values()) link.close();
    },
  };
}

/** On the premises the text stays as it is, unless the operator says otherwise; to the cloud nothing personal goes. */
export const mustRedact = ({ redact, placement }: Endpoint): boolean => redact ?? placement === 'cloud';
