import { costOfCall } from '../catalog/cost-of-call.js';
import { CHARACTERS_PER_TOKEN, mostOfQuestion, questionTokens, tokensOfBytes } from '../catalog/question-tokens.js';
import type { RemoteTier } from '../catalog/tier.js';
import { EndpointOverloadedError } from '../errors/endpoint-overloaded-error.js';
import { EndpointUnreachableError } from '../errors/endpoint-unreachable-error.js';
import type { Budget, Meter } from '../ports/budget.js';
import type { Clock } from '../ports/clock.js';
import type { Random } from '../ports/random.js';
import { createAllowance } from './allowance.js';
import { askGolden } from './ask-golden.js';
import type { EndpointClient, RemoteAsk, RemoteReply } from './endpoint-client.js';
import { createFaults, waitOf } from './faults.js';
import { hedged } from './hedge.js';
import { createLatencies, type Latencies } from './latencies.js';
import { requireSame } from './require-same.js';
import { isUnsent } from './unsent.js';

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
/** How long the first probe waits for its answer: a model may have to be loaded for it. */
const PROBE_LIMIT_MS = 2000;

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

interface LinkUse extends Pick<LinkAsk, 'tier' | 'expectedMs'> {
  readonly signal: AbortSignal;
  /** Whether there is money for one more try; without it there is. */
  readonly mayRepeat?: (() => boolean) | undefined;
  /** Of what goes on after the work is done: whether the endpoint did it well. */
  readonly ended?: Promise<void> | undefined;
}

/** One endpoint with all that is known of how it does. */
export interface Link {
  state(): LinkState;
  /** @returns the reply, and how many calls it took @throws what `EndpointClient.ask` throws */
  ask(ask: LinkAsk): Promise<{ readonly reply: RemoteReply; readonly calls: number }>;
  /**
   * Any other exchange with the endpoint, behind the same breaker.
   * @throws what the work throws; EndpointOverloadedError while the endpoint wants to be left alone
   */
  use<T>(work: (signal: AbortSignal) => Promise<T>, options: LinkUse): Promise<T>;
  /** Asks the golden question, whatever the state. @throws what is wrong */
  check(tier: RemoteTier, signal: AbortSignal): Promise<RemoteReply | undefined>;
  /** The network may be back: an endpoint that could not be asked is probed at once. */
  lookAgain(): void;
  close(): void;
}

/**
 * @param mayLeave what of its golden question may leave the device
 * @param onUp told when an endpoint that could not be asked answers again
 */
export function createLink({
  client,
  mayLeave,
  timeoutMs,
  hedging,
  budget,
  clock,
  random,
  onUp,
}: {
  client: EndpointClient;
  mayLeave: (text: string) => string;
  timeoutMs: number;
  /** Whether a late answer is asked for a second time. */
  hedging: boolean;
  /** What pays for probes; questions and chats are paid for by who asks them. */
  budget?: Pick<Budget, 'pay'> | undefined;
  clock: Clock;
  random: Random;
  onUp: () => void;
}): Link {
  const latencies = createLatencies();
  /** Chats take seconds where questions take milliseconds. */
  const chatLatencies = createLatencies();
  const hedges = createAllowance({ share: HEDGE_SHARE, burst: HEDGE_BURST });
  const closing = new AbortController();
  let down: Extract<LinkState, { kind: 'offline' | 'failing' }> | undefined;
  let heldUntilMs = -Infinity;
  let lastTier: RemoteTier | undefined;
  let pausing = new AbortController();
  let pauseMs = FIRST_PROBE_MS;
  closing.signal.addEventListener('abort', () => pausing.abort(), { once: true });
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

  const isHeld = (): boolean => heldUntilMs > clock.nowMs();
  const hold = (error: unknown): void => {
    const waitMs = waitOf(error);
    if (waitMs > 0) heldUntilMs = Math.max(heldUntilMs, clock.nowMs() + waitMs);
  };

  /**
   * Asks the golden question with growing pauses, until it is answered rightly. Each probe waits longer for its answer:
   * a network that swallowed one must not keep the endpoint away for as long as a call may take.
   */
  const recover = async (): Promise<void> => {
    pauseMs = FIRST_PROBE_MS;
    let limitMs = PROBE_LIMIT_MS;
    while (down && !closing.signal.aborted) {
      const heldMs = heldUntilMs - clock.nowMs();
      pausing = new AbortController();
      await clock.sleep(Math.max(heldMs, pauseMs * (0.75 + random() / 2)), pausing.signal);
      if (closing.signal.aborted) return;
      const tier = lastTier!;
      try {
        await probe(tier, Math.max(limitMs, slowAfterMs(tier.endpoint.measuredMs ?? 0, latencies)));
        // A user's call that was still under way may have opened the breaker again.
        if (!faults.isClosed()) continue;
        down = undefined;
        onUp();
      } catch (error) {
        // It stays down, and is asked again later.
        hold(error);
      }
      pauseMs = Math.min(LONGEST_PROBE_MS, pauseMs * 2);
      limitMs *= 2;
    }
  };

  const probe = async (tier: RemoteTier, limitMs: number): Promise<void> => {
    const [over, ended] = [new AbortController(), new AbortController()];
    const stop = (): void => over.abort(closing.signal.reason);
    closing.signal.addEventListener('abort', stop, { once: true });
    void clock.sleep(limitMs, ended.signal).then(() => over.abort(new Error('the probe took too long')));
    try {
      await faults.probe((signal) => golden(tier, signal), over.signal);
    } finally {
      ended.abort();
      closing.signal.removeEventListener('abort', stop);
    }
  };

  /** Notes how long an exchange took, or how long the endpoint wants to be left alone. */
  const watched = async <T>(work: () => Promise<T>, seen: Latencies): Promise<T> => {
    const fromMs = clock.nowMs();
    try {
      const value = await work();
      seen.add(clock.nowMs() - fromMs);
      return value;
    } catch (error) {
      hold(error);
      throw error;
    }
  };

  const slowAfterMs = (expectedMs: number, seen: Latencies): number =>
    Math.max(LEAST_SLOW_MS, SLOW_FACTOR * (seen.quantileMs(0.5) ?? expectedMs));

  /** Counted as it is sent: what fails or is cancelled may be charged over there all the same. */
  const charged = async (tier: RemoteTier, ask: RemoteAsk, signal: AbortSignal, onCall: LinkAsk['onCall']) => {
    const expected = expectedCost(tier, ask.text);
    onCall(expected);
    const reply = await client.ask(ask, signal).catch((error: unknown) => {
      if (isUnsent(error)) onCall({ costUsd: -expected.costUsd, sentBytes: -expected.sentBytes });
      throw error;
    });
    const costUsd = reply.costUsd ?? costOfCall(tier.endpoint, reply);
    onCall({ costUsd: costUsd - expected.costUsd, sentBytes: reply.sentBytes - expected.sentBytes });
    return reply;
  };

  const call = (tier: RemoteTier, ask: RemoteAsk, signal: AbortSignal, onCall: LinkAsk['onCall']) =>
    watched(async () => {
      const reply = await charged(tier, ask, signal, onCall);
      requireSame(tier, reply);
      return reply;
    }, latencies);

  /** Nobody else can say whether an endpoint answers: a soft budget lets it be asked, and a hard one does not. */
  const paidProbe = (tier: RemoteTier, ask: RemoteAsk, signal: AbortSignal): Promise<RemoteReply> => {
    const { requestId, text } = ask;
    const atMost = { ...mostOfQuestion(tier, utf8.encode(text).length), joules: 0 };
    const run = (meter?: Meter): Promise<RemoteReply> =>
      charged(tier, ask, signal, ({ costUsd, sentBytes }) => meter?.add({ usd: costUsd, bytes: sentBytes }));
    return budget ? budget.pay({ requestId, scope: { tier: tier.id }, atMost, optional: false }, run) : run();
  };

  const golden = (tier: RemoteTier, signal: AbortSignal): Promise<RemoteReply | undefined> => {
    const probed: EndpointClient = {
      ask: (ask, given) => paidProbe(tier, ask, given),
      describe: (given) => client.describe(given),
    };
    return askGolden({ client: probed, tier, mayLeave, random, signal });
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
            slowAfterMs: slowAfterMs(expectedMs, latencies),
            mayRepeat: () => which === 'first' && mayRepeat(),
          }),
        afterMs: lateMs === undefined || !hedging ? Infinity : lateMs * HEDGE_FACTOR,
        allow: () => faults.isClosed() && !isHeld() && mayRepeat() && hedges.take(),
        clock,
        signal,
      });
      return { reply: value, calls };
    },
    async use(work, { tier, expectedMs, signal, mayRepeat = () => true, ended }) {
      // What answers questions is probed with one.
      lastTier ??= tier;
      if (isHeld()) throw asksForRest(tier.id, heldUntilMs - clock.nowMs());
      return faults.execute((limited) => watched(() => work(limited), chatLatencies), {
        signal,
        slowAfterMs: slowAfterMs(expectedMs, chatLatencies),
        mayRepeat: (error) => !wasBegun(error) && mayRepeat(),
        ended,
      });
    },
    check(tier, signal) {
      lastTier = tier;
      return golden(tier, signal);
    },
    lookAgain() {
      pauseMs = FIRST_PROBE_MS;
      if (!isHeld()) pausing.abort();
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

/** What broke off within the answer may have been worked on: a chat is no question that costs the same once or twice. */
const wasBegun = (error: unknown): boolean =>
  EndpointUnreachableError.isInstance(error) && error.facts['phase'] === 'answer';

/** A server that knows the id would make the second call wait for the first. */
const asAnother = (ask: RemoteAsk): RemoteAsk => ({ ...ask, requestId: `${ask.requestId}-2` });

const asksForRest = (endpoint: string, retryAfterMs: number): EndpointOverloadedError =>
  new EndpointOverloadedError({
    message: `${endpoint} asked to be left alone for another ${Math.ceil(retryAfterMs / 1000)} s.`,
    hint: 'It has too much to do: send less, or wait.',
    facts: { endpoint, retryAfterMs },
  });
