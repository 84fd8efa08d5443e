import { NoTierFitsError } from '../errors/no-tier-fits-error.js';
import type { Budget } from '../ports/budget.js';
import type { Clock } from '../ports/clock.js';
import type { LedgerEntry } from '../ports/ledger.js';
import type { Forwarded, ForwardJob } from './forward.js';
import type { Remotes } from './remotes.js';
import { createSpending, type Spending } from './spending.js';

/** What the ledger calls a chat that is passed on. */
const TASK = 'chat';

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

/**
 * Passes a chat on to an endpoint and keeps in the ledger what it took, like of any other request.
 * @throws NoTierFitsError when the budget is spent; what `Remotes.forward` throws
 */
export async function forwardChat({
  job,
  requestId,
  catalogRevision,
  remotes,
  record,
  clock,
  budget,
}: ForwardedChat): Promise<Forwarded & { readonly requestId: string }> {
  const fromMs = clock.nowMs();
  const spending = createSpending();
  const keep = (done: Forwarded | undefined, error: unknown): void => {
    const totalMs = clock.nowMs() - fromMs;
    record(...entries({ job, requestId, done, error, catalogRevision, clock, totalMs, spending }));
  };
  try {
    const why = budget?.whySpent(job.endpoint.id);
    if (why !== undefined) throw isSpent(job.endpoint.id, why);
    const forwarded = await remotes.forward({ ...job, onCall: spending.add });
    keep(forwarded, undefined);
    return { ...forwarded, costUsd: spending.costUsd(), sentBytes: spending.sentBytes(), requestId };
  } catch (error) {
    keep(undefined, error);
    throw error;
  }
}

function entries({
  job: { endpoint, signal },
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

const isSpent = (endpoint: string, why: string): NoTierFitsError =>
  new NoTierFitsError({
    message: `"${endpoint}" may not be used: ${why}.`,
    hint: 'Raise the budget, or pass the chat on to another endpoint.',
    facts: { endpoint },
  });
