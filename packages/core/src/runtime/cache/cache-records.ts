import type { CacheFacts, Saved } from '../../cache/cache-facts.js';
import type { AnswerEntry } from '../../cache/entry/entry-schema.js';
import type { Asked } from '../../cache/canonical/asked.js';
import type { OutcomeRecord } from '../../ports/ledger.js';
import type { AnyResult } from './answers.js';

/** A request that was answered from memory, for the ledger. */
export interface AnsweredAgain {
  readonly asked: Asked;
  readonly result: AnyResult;
  readonly cache: CacheFacts;
  /** Of the first answer. */
  readonly revisions: Pick<AnswerEntry, 'catalogRevision' | 'ladderRevision'>;
  readonly key: string | undefined;
  readonly atWallMs: number;
  readonly totalMs: number;
}

/** What no answer from memory takes, says or decides. */
const NOTHING = {
  error: undefined,
  tokens: 0,
  costUsd: 0,
  sentBytes: 0,
  energyJoules: 0,
  decisions: [],
  audit: false,
  auditProbability: 0,
} as const;

/**
 * It is a request like others, and the work of no tier. Never its text, never its answer. Field by field, as an object that
 * grows from another one takes longer than all the rest of a look-up.
 */
export function recordOf({ asked, result, cache, revisions, key, atWallMs, totalMs }: AnsweredAgain): OutcomeRecord {
  const { requestId, tier, placement, path, verdict, confidence } = result;
  const { kind, saved } = cache;
  const { task, domain, textBytes } = asked.request;
  const { error, tokens, costUsd, sentBytes, energyJoules, decisions, audit, auditProbability } = NOTHING;
  return {
    requestId,
    atWallMs,
    task,
    domain,
    subDomain: asked.kind === 'labels' ? asked.request.subDomain : undefined,
    catalogRevision: revisions.catalogRevision,
    ladderRevision: revisions.ladderRevision,
    tier,
    placement,
    path: path.join('+'),
    verdict: verdict.kind,
    reason: verdict.reason,
    error,
    degraded: verdict.degraded !== undefined,
    confidence,
    textBytes,
    tokens,
    totalMs,
    costUsd,
    sentBytes,
    energyJoules,
    decisions,
    audit,
    auditProbability,
    key,
    cache: { kind, savedUsd: saved.costUsd, savedTokens: saved.tokens, savedMs: saved.durationMs },
  };
}

/** A chat that was passed on before and is answered again, for the ledger. */
interface PassedOnAgain extends Pick<AnsweredAgain, 'key' | 'atWallMs' | 'totalMs'> {
  readonly requestId: string;
  readonly endpoint: { readonly id: string; readonly placement: OutcomeRecord['placement'] };
  readonly task: string;
  readonly catalogRevision: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly saved: Saved;
}

/** As the ledger has it where it is passed on, but for what that takes. */
export function recordOfChat({
  endpoint: { id, placement },
  body,
  saved,
  key,
  ...again
}: PassedOnAgain): OutcomeRecord {
  return {
    ...NOTHING,
    ...again,
    domain: undefined,
    subDomain: undefined,
    ladderRevision: undefined,
    tier: id,
    placement,
    path: id,
    verdict: 'accept',
    reason: undefined,
    degraded: false,
    confidence: undefined,
    textBytes: new TextEncoder().encode(JSON.stringify(body)).length,
    ...(key !== undefined && { key }),
    cache: { kind: 'exact', savedUsd: saved.costUsd, savedTokens: saved.tokens, savedMs: saved.durationMs },
  };
}
