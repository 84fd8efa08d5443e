import { costOfCall } from '../catalog/endpoint.js';
import { CHARACTERS_PER_TOKEN, questionTokens, tokensOfBytes } from '../catalog/question-tokens.js';
import { labelsOf, type RemoteTier } from '../catalog/tier.js';
import { EndpointRefusedError } from '../errors/endpoint-refused-error.js';
import { EndpointUnreachableError } from '../errors/endpoint-unreachable-error.js';
import { RemoteAnswerError } from '../errors/remote-answer-error.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import { createAllowance } from './allowance.js';
import type { EndpointClient, RemoteAsk, RemoteReply } from './endpoint-client.js';
import { createFaults, waitOf } from './faults.js';
import { hedged } from './hedge.js';
import { createLatencies } from './latencies.js';
import { requireSame } from './require-same.js';

/** Second calls as a share of all calls, so that a slow site is not asked twice as much. */
const HEDGE_SHARE = 0.08;
const HEDGE_BURST = 10;
/** How late an answer is that a second call is made for: past what nine of ten calls took. */
const HEDGE_QUANTILE = 0.9;
const HEDGE_FACTOR = 1.5;
/** A call is slow, and counts as a fault when it is given up, from this many times its usual time on. */
const SLOW_FACTOR = 4;
const LEAST_SLOW_MS = 20;
const FIRST_PROBE_MS = 250;
const LONGEST_PROBE_MS = 30_000;
const PROBE_TEXT = 'hello';

/** Whether an endpoint can be asked, and if not, why and what is known of when. */
export type LinkState =
  | { readonly kind: 'up' }
  /** It asked to be left alone for a while. */
  | { readonly kind: 'held'; readonly untilMs: number }
  | { readonly kind: 'offline' | 'failing'; readonly sinceMs: number; readonly error: Error };

/** What a call took, for whoever pays for it. */
export interface CallCost {
  readonly costUsd: number;
  readonly sentBytes: number;
}

export interface LinkAsk {
  readonly tier: RemoteTier;
  readonly ask: RemoteAsk;
  /** What a call is expected to take, until the link's own calls tell. */
  readonly expectedMs: number;
  readonly signal: AbortSignal | undefined;
  /** Told of every call when it is sent, and of the difference to what it really took when it is answered. */
  readonly onCall: (cost: CallCost) => void;
  /** Whether the request can pay for one call more than those that were sent. */
  readonly mayRepeat: () => boolean;
}

export interface LinkUse extends Pick<LinkAsk, 'tier' | 'expectedMs'> {
  readonly signal: AbortSignal;
}

/** One endpoint with all that is known of how it does. */
export interface Link {
  state(): LinkState;
  /** @returns the reply, and how many calls it took @throws what `EndpointClient.ask` throws */
  ask(ask: LinkAsk): Promise<{ readonly reply: RemoteReply; readonly calls: number }>;
  /** Any other exchange with the endpoint, behind the same breaker. @throws what the work throws */
  use<T>(work: (signal: AbortSignal) => Promise<T>, options: LinkUse): Promise<T>;
  /** Asks the golden question, whatever the state. @throws what is wrong */
  check(tier: RemoteTier, signal: AbortSignal): Promise<RemoteReply | undefined>;
  close(): void;
}

/** @param onUp told when an endpoint that could not be asked answers again */
export function createLink({
  client,
  timeoutMs,
  hedging,
  clock,
  random,
  onUp,
}: {
  client: EndpointClient;
  timeoutMs: number;
  /** Whether a late answer is asked for a second time. */
  hedging: boolean;
  clock: Clock;
  random: Random;
  onUp: () => void;
}): Link {
  const latencies = createLatencies();
  const hedges = createAllowance({ share: HEDGE_SHARE, burst: HEDGE_BURST });
  const closing = new AbortController();
  let down: Extract<LinkState, { kind: 'offline' | 'failing' }> | undefined;
  let heldUntilMs = -Infinity;
  let lastTier: RemoteTier | undefined;
  const faults = createFaults({
    timeoutMs,
    clock,
    random,
    onBreak(error) {
      const kind = EndpointUnreachableError.isInstance(error) ? 'offline' : 'failing';
      const isNew = down === undefined;
      down = { kind, sinceMs: down?.sinceMs ?? clock.nowMs(), error };
      if (isNew) void recover();
    },
  });

  /** Asks the golden question with growing pauses, until it is answered rightly. */
  const recover = async (): Promise<void> => {
    let pauseMs = FIRST_PROBE_MS;
    while (down && !closing.signal.aborted) {
      await clock.sleep(pauseMs * (0.75 + random() / 2), closing.signal);
      if (closing.signal.aborted) return;
      pauseMs = Math.min(LONGEST_PROBE_MS, pauseMs * 2);
      try {
        const tier = lastTier!;
        await faults.probe((signal) => askGolden(tier, signal));
        down = undefined;
        onUp();
      } catch {
        // It stays down, and is asked again later.
      }
    }
  };

  /** Notes how long an exchange took, or how long the endpoint wants to be left alone. */
  const watched = async <T>(work: () => Promise<T>): Promise<T> => {
    const fromMs = clock.nowMs();
    try {
      const value = await work();
      latencies.add(clock.nowMs() - fromMs);
      return value;
    } catch (error) {
      const waitMs = waitOf(error);
      if (waitMs > 0) heldUntilMs = Math.max(heldUntilMs, clock.nowMs() + waitMs);
      throw error;
    }
  };

  const isHeld = (): boolean => heldUntilMs > clock.nowMs();

  const slowAfterMs = (expectedMs: number): number =>
    Math.max(LEAST_SLOW_MS, SLOW_FACTOR * (latencies.quantileMs(0.5) ?? expectedMs));

  const askGolden = async (tier: RemoteTier, signal: AbortSignal): Promise<RemoteReply | undefined> => {
    const { endpoint, delta } = tier;
    const { golden } = endpoint;
    const [task] = endpoint.tasks;
    if (task === undefined || (task === 'text-classification' && labelsOf(tier).length === 0)) {
      await askWhetherThere(client, signal);
      return undefined;
    }
    const ask: RemoteAsk = {
      task,
      text: golden?.text ?? PROBE_TEXT,
      domain: delta?.domain ?? golden?.domain,
      labels: task === 'text-classification' ? labelsOf(tier) : [],
      outOfScopeLabel: delta?.outOfScopeLabel ?? null,
      requestId: `golden-${Math.floor(random() * 2 ** 32).toString(16)}`,
    };
    const reply = await client.ask(ask, signal);
    requireSame(tier, reply);
    const sameDomain = golden?.domain === undefined || golden.domain === delta?.domain;
    const label = sameDomain ? golden?.label : undefined;
    if (label !== undefined && labelOf(reply) !== label) throw wrongGolden(endpoint.id);
    return reply;
  };

  const call = async (tier: RemoteTier, ask: RemoteAsk, signal: AbortSignal, onCall: LinkAsk['onCall']) => {
    const { endpoint } = tier;
    // Counted as it is sent: what fails or is cancelled may be charged over there all the same.
    const expected = expectedCost(tier, ask.text);
    onCall(expected);
    const reply = await watched(async () => {
      const given = await client.ask(ask, signal);
      requireSame(tier, given);
      return given;
    });
    const costUsd = reply.costUsd ?? costOfCall(endpoint, reply);
    onCall({ costUsd: costUsd - expected.costUsd, sentBytes: reply.sentBytes - expected.sentBytes });
    return reply;
  };

  return {
    state() {
      if (down) return down;
      return isHeld() ? { kind: 'held', untilMs: heldUntilMs } : { kind: 'up' };
    },
    async ask({ tier, ask, expectedMs, signal, onCall, mayRepeat }) {
      lastTier = tier;
      hedges.earn();
      const lateMs = latencies.quantileMs(HEDGE_QUANTILE);
      const { value, calls } = await hedged({
        call: (signalOfCall, which) =>
          faults.execute((limited) => call(tier, which === 'first' ? ask : asAnother(ask), limited, onCall), {
            signal: signalOfCall,
            slowAfterMs: slowAfterMs(expectedMs),
            mayRepeat: () => which === 'first' && mayRepeat(),
          }),
        afterMs: lateMs === undefined || !hedging ? Infinity : lateMs * HEDGE_FACTOR,
        allow: () => faults.isClosed() && !isHeld() && mayRepeat() && hedges.take(),
        clock,
        signal,
      });
      return { reply: value, calls };
    },
    use(work, { tier, expectedMs, signal }) {
      lastTier = tier;
      return faults.execute((limited) => watched(() => work(limited)), {
        signal,
        slowAfterMs: slowAfterMs(expectedMs),
        mayRepeat: () => true,
      });
    },
    check(tier, signal) {
      lastTier = tier;
      return askGolden(tier, signal);
    },
    close: () => closing.abort(),
  };
}

/** What is sent beside the text is what a chat model is told. */
function expectedCost(tier: RemoteTier, text: string): CallCost {
  const textBytes = utf8.encode(text).length;
  const { inputTokens } = questionTokens(tier, tokensOfBytes(textBytes));
  return {
    costUsd: costOfCall(tier.endpoint, { inputTokens, outputTokens: 0 }),
    sentBytes: textBytes + questionTokens(tier, 0).inputTokens * CHARACTERS_PER_TOKEN,
  };
}

const utf8 = new TextEncoder();

/** What chats are only passed on to has no question to be held to: that it answers at all has to do. */
const askWhetherThere = (client: EndpointClient, signal: AbortSignal): Promise<unknown> =>
  client.describe(signal).catch((error: unknown) => {
    // Not every server lists its models.
    if (!EndpointRefusedError.isInstance(error)) throw error;
  });

/** A server that knows the id would make the second call wait for the first. */
const asAnother = (ask: RemoteAsk): RemoteAsk => ({ ...ask, requestId: `${ask.requestId}-2` });

/** The label that a reply names or scores highest; undefined for an embedding. */
function labelOf({ answer }: RemoteReply): string | undefined {
  if (answer.kind === 'label') return answer.label;
  if (answer.kind === 'embedding') return undefined;
  return answer.labels[answer.logProbs.indexOf(Math.max(...answer.logProbs))];
}

const wrongGolden = (endpoint: string): RemoteAnswerError =>
  new RemoteAnswerError({
    message: `${endpoint} answers its golden question otherwise than when it was added.`,
    hint: `If its model was changed on purpose, add it again: \`terrace tiers add URL --id ${endpoint} --replace\`.`,
    facts: { endpoint, fault: 'golden' },
  });
