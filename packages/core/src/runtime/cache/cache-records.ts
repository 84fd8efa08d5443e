import type { CacheFacts } from '../../cache/cache-facts.js';
import type { AnswerEntry } from '../../cache/entry/entry-schema.js';
import type { Asked } from '../../cache/canonical/asked.js';
import type { OutcomeRecord } from '../../ports/ledger.js';
import type { AnyResult } from './answers.js';

/** A request that was answered from memory, for the ledger. */
export interface AnsweredAgain {
  readonly asked: Asked;
  readonly result: AnyResult & { readonly cache: CacheFacts };
  /** Of the first answer. */
  readonly revisions: Pick<AnswerEntry, 'catalogRevision' | 'ladderRevision'>;
  readonly key: string | undefined;
  readonly atWallMs: number;
  readonly totalMs: number;
}

/** It is a request like others, and the work of no tier. Never its text, never its answer. */
export function recordOf({ asked, result, revisions, key, atWallMs, totalMs }: AnsweredAgain): OutcomeRecord {
  const { requestId, tier, placement, path, verdict, confidence } = result;
  const { kind, saved } = result.cache;
  const { task, domain, textBytes } = asked.request;
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
    error: undefined,
    degraded: verdict.degraded !== undefined,
    confidence,
    textBytes,
    tokens: 0,
    totalMs,
    costUsd: 0,
    sentBytes: 0,
    energyJoules: 0,
    decisions: [],
    audit: false,
    auditProbability: 0,
    ...(key !== undefined && { key }),
    cache: { kind, savedUsd: saved.costUsd, savedTokens: saved.tokens, savedMs: saved.durationMs },
  };
}
