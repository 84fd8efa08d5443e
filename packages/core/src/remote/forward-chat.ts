import { costOfCall } from '../catalog/cost-of-call.js';
import type { Endpoint } from '../catalog/endpoint.js';
import { tokensOfBytes } from '../catalog/question-tokens.js';
import type { Amounts } from '../budget/amounts.js';
import type { Budget, Meter } from '../ports/budget.js';
import type { Clock } from '../ports/clock.js';
import type { LedgerEntry } from '../ports/ledger.js';
import type { Forwarded, ForwardJob } from './forward.js';
import type { CallCost } from './link.js';
import type { Remotes } from './remotes.js';
import { createSpending, type Spending } from './spending.js';
import { countStream, type StreamUsage } from './stream-usage.js';

/** What the ledger calls a chat that is passed on. */
const TASK = 'chat';
/** What a model may say where the chat sets no bound: as much as most can in one answer. */
const MOST_ANSWER_TOKENS = 16_384;
/** Tokens of a chat are guessed from its bytes: it may have so many times as many. */
const MARGIN = 2;

/** A chat, what it is called, and what passing it on takes. */
export interface ForwardedChat {
  readonly job: ForwardJob;
  readonly requestId: string;
  readonly catalogRevision: string;
  readonly remotes: Pick<Remotes, 'forward'>;
  /** Keeps entries in the ledger. */
  readonly record: (...entries: LedgerEntry[]) => void;
  readonly clock: Clock;
  readonly budget: Budget | undefined;
}

/** What came back. */
export interface ForwardedAnswer extends Forwarded {
  readonly requestId: string;
  /** A soft budget that is spent, in spite of which it was passed on, as nobody else can answer; e.g. `month/usd`. */
  readonly spentBudget: string | undefined;
}

/**
 * Passes a chat on to an endpoint and keeps in the ledger what it took, like of any other request. The answer comes at
 * once; what a stream costs is known, settled and kept when it has ended.
 * @throws BudgetExhaustedError when a hard budget has no room for it; what `Remotes.forward` throws
 */
export function forwardChat(chat: ForwardedChat): Promise<ForwardedAnswer> {
  const { job, requestId, remotes, clock, budget } = chat;
  const { endpoint, key, signal } = job;
  const fromMs = clock.nowMs();
  const spending = createSpending();
  const keep = (done: Forwarded | undefined, error: unknown): void => {
    const totalMs = clock.nowMs() - fromMs;
    chat.record(...entries({ ...chat, done, error, totalMs, spending }));
  };
  const call = mostOfChat(job);
  const spent = budget?.whySpent(endpoint.id, { key }, call.usd > 0 ? ['usd', 'bytes'] : ['bytes']);
  const spentBudget = spent?.whenSpent === 'degrade' ? spent.budget : undefined;
  return new Promise((resolve, reject) => {
    const answer = (forwarded: Forwarded): void =>
      resolve({
        ...forwarded,
        costUsd: spending.costUsd(),
        sentBytes: spending.sentBytes(),
        requestId,
        spentBudget,
      });
    const run = async (meter: Meter | undefined): Promise<void> => {
      const onCall = (cost: CallCost): void => {
        spending.add(cost);
        meter?.add({ usd: cost.costUsd, bytes: cost.sentBytes });
      };
      signal.throwIfAborted();
      const forwarded = await remotes.forward({ ...job, onCall, mayRepeat: () => meter?.covers(call) !== false });
      const { body } = forwarded;
      if (typeof body === 'string') {
        keep(forwarded, undefined);
        return answer(forwarded);
      }
      const stream = countStream(body, signal);
      answer({ ...forwarded, body: stream.pieces });
      await stream.ended;
      const { inputTokens = 0, outputTokens } = stream.usage();
      onCall({ costUsd: costOfStream(endpoint, stream.usage(), forwarded.costUsd), sentBytes: 0 });
      keep({ ...forwarded, usage: { inputTokens, outputTokens } }, undefined);
    };
    const ask = { requestId, scope: { key, tier: endpoint.id }, atMost: call, spare: call, optional: false };
    (budget ? budget.pay(ask, run) : run(undefined)).catch((error: unknown) => {
      keep(undefined, error);
      reject(error as Error);
    });
  });
}

/** What a stream costs beside what was counted as it was sent. */
export function costOfStream(
  endpoint: Pick<Endpoint, 'price'>,
  { inputTokens, outputTokens }: StreamUsage,
  countedUsd: number,
): number {
  if (inputTokens !== undefined) return costOfCall(endpoint, { inputTokens, outputTokens }) - countedUsd;
  return costOfCall({ price: { ...endpoint.price, perCall: 0 } }, { inputTokens: 0, outputTokens });
}

/** The most that one call can be expected to take. */
export function mostOfChat({ endpoint, body }: Pick<ForwardJob, 'endpoint' | 'body'>): Amounts {
  const bytes = MARGIN * utf8.encode(JSON.stringify(body)).length;
  const inputTokens = tokensOfBytes(bytes);
  const bound = [body['max_completion_tokens'], body['max_tokens']].find((value) => isCount(value));
  const answers = isCount(body['n']) ? body['n'] : 1;
  const outputTokens = (bound ?? MOST_ANSWER_TOKENS) * answers;
  return { usd: costOfCall(endpoint, { inputTokens, outputTokens }), bytes, joules: 0 };
}

const isCount = (value: unknown): value is number => typeof value === 'number' && value > 0 && value <= 1e9;
const utf8 = new TextEncoder();

function entries({
  job: { endpoint, signal, key },
  requestId,
  done,
  error,
  catalogRevision,
  clock,
  totalMs,
  spending,
}: {
  job: ForwardJob;
  requestId: string;
  done: Forwarded | undefined;
  error: unknown;
  catalogRevision: string;
  clock: Clock;
  totalMs: number;
  spending: Spending;
}): LedgerEntry[] {
  const { id: tier, placement, contentId: variantId, tasks } = endpoint;
  const atWallMs = clock.wallMs();
  const { inputTokens = 0, outputTokens = 0 } = done?.usage ?? {};
  const tokens = inputTokens + outputTokens;
  const { verdict, code } = endingOf(done, error, signal);
  const outcome: LedgerEntry = {
    kind: 'outcome',
    record: {
      requestId,
      atWallMs,
      task: TASK,
      domain: undefined,
      subDomain: undefined,
      catalogRevision,
      ladderRevision: undefined,
      tier,
      placement,
      path: done ? tier : '',
      verdict,
      reason: undefined,
      error: code,
      degraded: false,
      confidence: undefined,
      textBytes: done?.sentBytes ?? 0,
      tokens,
      totalMs,
      costUsd: spending.costUsd(),
      sentBytes: spending.sentBytes(),
      energyJoules: 0,
      decisions: [],
      audit: false,
      auditProbability: 0,
      ...(key !== undefined && { key }),
    },
  };
  // Where questions are answered as well, what a chat takes says nothing of them.
  if (!done || tasks.length > 0) return [outcome];
  return [{ kind: 'run', record: { requestId, atWallMs, variantId, tier, tokens, latencyMs: totalMs } }, outcome];
}

function endingOf(done: Forwarded | undefined, error: unknown, signal: AbortSignal) {
  if (done) return { verdict: 'accept', code: undefined } as const;
  if (signal.aborted) return { verdict: 'aborted', code: 'ABORTED' } as const;
  const code = (error as { code?: unknown } | undefined)?.code;
  return { verdict: 'failed', code: typeof code === 'string' ? code : 'INTERNAL' } as const;
}
