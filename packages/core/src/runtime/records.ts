import type { LoadEvent } from '../load/loader.js';
import type { DecisionRecord, LedgerEntry } from '../ports/ledger.js';
import type { Request } from '../request/parse-request.js';
import type { Testimony } from '../run/run-tier.js';
import type { Plan } from './planner.js';
import type { Result } from './result.js';

/** One run of a request. */
export interface FinishedRun {
  readonly testimony: Testimony;
  readonly latencyMs: number;
  /** Whether the model was loaded before the request came. */
  readonly warm: boolean;
}

/** Everything the ledger keeps of one request; never its text, never its answer. */
export function outcomeEntries(input: {
  result: Result;
  request: Request;
  plan: Plan;
  decisions: readonly DecisionRecord[];
  runs: readonly FinishedRun[];
  atWallMs: number;
  totalMs: number;
  audit: boolean;
  auditProbability: number;
}): LedgerEntry[] {
  const { result, request, plan, decisions, runs, atWallMs, totalMs, audit, auditProbability } = input;
  const { requestId } = result;
  return [
    // The first run after a load is slow for reasons of its own; statistics are about the others.
    ...runs
      .filter(({ warm }) => warm)
      .map(({ testimony: { tier, tokens, runMs } }) => ({
        kind: 'run' as const,
        record: {
          requestId,
          atWallMs,
          variantId: tier.variant.weights.sha256,
          tier: tier.id,
          tokens,
          latencyMs: runMs,
        },
      })),
    {
      kind: 'outcome',
      record: {
        requestId,
        atWallMs,
        task: request.task,
        domain: request.domain,
        subDomain: request.subDomain,
        catalogRevision: plan.catalogRevision,
        ladderRevision: plan.ladderRevision,
        tier: result.tier,
        placement: result.placement,
        path: result.path.join('+'),
        verdict: result.verdict.kind,
        reason: result.verdict.reason,
        degraded: result.verdict.degraded !== undefined,
        confidence: result.confidence,
        textBytes: request.textBytes,
        tokens: Math.max(0, ...runs.map(({ testimony }) => testimony.tokens)),
        totalMs,
        costUsd: 0,
        decisions,
        audit,
        auditProbability,
      },
    },
  ];
}

export function loadEntry({ tier, report, replaces }: LoadEvent, atWallMs: number): LedgerEntry {
  const { loadMs, bytesRead, peakMemoryBytes, warmRunMs } = report;
  const variantId = tier.variant.weights.sha256;
  return {
    kind: 'load',
    record: { atWallMs, variantId, tier: tier.id, replaces, loadMs, bytesRead, peakMemoryBytes, warmRunMs },
  };
}

/** Today's choices are deterministic: what was chosen had probability 1. */
export function decision(
  stage: DecisionRecord['stage'],
  path: readonly string[],
  chosen: string,
  alternatives: readonly string[],
  confidence: number | undefined,
): DecisionRecord {
  const all = Object.fromEntries([...alternatives, chosen].map((each) => [each, each === chosen ? 1 : 0]));
  return { stage, path: path.join('+'), chosen, alternatives: all, confidence };
}
