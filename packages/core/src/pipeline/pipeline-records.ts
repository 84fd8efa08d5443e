import type { LedgerEntry, OutcomeRecord } from '../ports/ledger.js';
import { TerraceError } from '../errors/terrace-error.js';
import type { PipelineResult } from './pipeline-step.js';
import type { PipelineTier } from './pipeline-tier.js';

/** What an input of a ladder took, told when it is over. */
export interface PipelineFacts {
  readonly requestId: string;
  readonly task: string;
  readonly atWallMs: number;
  readonly totalMs: number;
  readonly costUsd: number;
  readonly runs: readonly { readonly tier: PipelineTier; readonly durationMs: number }[];
  /** The result, or what ended it without one. */
  readonly end:
    | { readonly kind: 'result'; readonly result: PipelineResult }
    | { readonly kind: 'failed' | 'aborted'; readonly error: unknown };
}

/** Entries of the ledger: that something was asked, of whom and how it ended. Never an input, never an answer. */
export function entriesOf(facts: PipelineFacts): LedgerEntry[] {
  const { requestId, task, atWallMs, totalMs, costUsd, runs, end } = facts;
  const result = end.kind === 'result' ? end.result : undefined;
  const last = runs.at(-1)?.tier;
  const record: OutcomeRecord = {
    requestId,
    atWallMs,
    task,
    domain: undefined,
    subDomain: undefined,
    catalogRevision: '',
    ladderRevision: undefined,
    tier: result?.tier ?? last?.id ?? '',
    placement: result?.placement ?? last?.placement ?? 'device',
    path: result?.path.join('+') ?? '',
    verdict: end.kind === 'result' ? end.result.verdict.kind : end.kind,
    reason: result?.verdict.reason,
    error: end.kind === 'failed' && TerraceError.isInstance(end.error) ? end.error.code : undefined,
    degraded: result?.verdict.degraded !== undefined,
    confidence: result?.confidence,
    textBytes: 0,
    tokens: 0,
    totalMs,
    costUsd,
    sentBytes: 0,
    energyJoules: 0,
    decisions: [],
    audit: false,
    auditProbability: 0,
  };
  const runRecords = runs.map(({ tier, durationMs }): LedgerEntry => ({
    kind: 'run',
    record: { requestId, atWallMs, variantId: `${task}/${tier.id}`, tier: tier.id, tokens: 0, latencyMs: durationMs },
  }));
  return [{ kind: 'outcome', record }, ...runRecords];
}
