import { TerraceError } from '../errors/terrace-error.js';
import type { LoadEvent } from '../load/loader.js';
import type { DecisionRecord, LedgerEntry } from '../ports/ledger.js';
import { variantIdOf, type Tier } from '../catalog/tier.js';
import type { Request } from '../request/parse-request.js';
import type { Testimony } from '../run/run-tier.js';
import type { Plan } from './planner.js';
import type { Result } from './result.js';

/** One run of a request. */
export interface FinishedRun {
  readonly testimony: Testimony;
  readonly latencyMs: number;
  /** Whether the model was loaded before and ran this request by itself. */
  readonly typical: boolean;
  /** What it took of this device. */
  readonly energyJoules: number;
}

/** What the ledger keeps of one request. */
export interface RequestEntries {
  readonly runs: readonly LedgerEntry[];
  readonly outcome: Extract<LedgerEntry, { kind: 'outcome' }>;
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
  costUsd: number;
  sentBytes: number;
  audit: boolean;
  auditProbability: number;
  key: string | undefined;
}): RequestEntries {
  const { result, plan, runs, atWallMs, audit, auditProbability } = input;
  const { requestId } = result;
  return {
    runs: runEntries({ requestId, runs, atWallMs }),
    outcome: {
      kind: 'outcome',
      record: {
        catalogRevision: plan.catalogRevision,
        ladderRevision: plan.ladderRevision,
        tier: result.tier,
        placement: result.placement,
        path: result.path.join('+'),
        verdict: result.verdict.kind,
        reason: result.verdict.reason,
        error: undefined,
        degraded: result.verdict.degraded !== undefined,
        confidence: result.confidence,
        audit,
        auditProbability,
        // Last: V8 makes every field behind a spread in the slowest way it has, 20 µs for these.
        ...sharedFields({ requestId, ...input }),
      },
    },
  };
}

/**
 * Everything the ledger keeps of a request that ended without an answer. Runs that came to an end are statistics
 * like any other, and the decisions made so far are part of what was tried.
 * @param plan none when planning itself failed
 * @param catalogRevision of the catalog the request met
 * @param isAborted whether whoever asked gave up
 */
export function failureEntry(input: {
  requestId: string;
  request: Request;
  plan: Plan | undefined;
  catalogRevision: string;
  decisions: readonly DecisionRecord[];
  runs: readonly FinishedRun[];
  /** The tier that was asked last. */
  tier: Pick<Tier, 'id' | 'placement'> | undefined;
  error: unknown;
  isAborted: boolean;
  atWallMs: number;
  totalMs: number;
  costUsd: number;
  sentBytes: number;
  key: string | undefined;
}): RequestEntries {
  const { requestId, plan, catalogRevision, runs, tier, error, isAborted, atWallMs } = input;
  return {
    runs: runEntries({ requestId, runs, atWallMs }),
    outcome: {
      kind: 'outcome',
      record: {
        catalogRevision: plan?.catalogRevision ?? catalogRevision,
        ladderRevision: plan?.ladderRevision,
        tier: tier?.id ?? '',
        placement: tier?.placement ?? 'device',
        path: '',
        verdict: isAborted ? 'aborted' : 'failed',
        reason: undefined,
        error: isAborted ? 'ABORTED' : errorCode(error),
        degraded: false,
        confidence: undefined,
        audit: false,
        auditProbability: 0,
        ...sharedFields(input),
      },
    },
  };
}

/** What is kept of every request, however it ended. */
const sharedFields = ({
  requestId,
  request,
  decisions,
  runs,
  atWallMs,
  totalMs,
  costUsd,
  sentBytes,
  key,
}: {
  requestId: string;
  request: Request;
  decisions: readonly DecisionRecord[];
  runs: readonly FinishedRun[];
  atWallMs: number;
  totalMs: number;
  costUsd: number;
  sentBytes: number;
  key: string | undefined;
}) => ({
  requestId,
  atWallMs,
  task: request.task,
  domain: request.domain,
  subDomain: request.subDomain,
  textBytes: request.textBytes,
  tokens: tokensOf(runs),
  totalMs,
  costUsd,
  sentBytes,
  energyJoules: runs.reduce((sum, { energyJoules }) => sum + energyJoules, 0),
  decisions,
  ...(key !== undefined && { key }),
});

/** A fault that is not ours has no code of ours; its message may quote the request, so it is never kept. */
const errorCode = (error: unknown): string => (TerraceError.isInstance(error) ? error.code : 'INTERNAL');

/** The first run after a load is slow for reasons of its own, and a shared run is several's; statistics are about the others. */
function runEntries({
  requestId,
  runs,
  atWallMs,
}: {
  requestId: string;
  runs: readonly FinishedRun[];
  atWallMs: number;
}): LedgerEntry[] {
  return runs
    .filter(({ typical }) => typical)
    .map(({ testimony: { tier, tokens, runMs } }) => ({
      kind: 'run',
      record: {
        requestId,
        atWallMs,
        variantId: variantIdOf(tier),
        tier: tier.id,
        tokens,
        latencyMs: runMs,
      },
    }));
}

const tokensOf = (runs: readonly FinishedRun[]): number =>
  Math.max(0, ...runs.map(({ testimony }) => testimony.tokens));

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
