import { variantIdOf, type Tier } from '../catalog/tier.js';
import type { CatalogSource } from '../ports/catalog-source.js';
import type { Clock } from '../ports/clock.js';
import type { DecisionRecord, LedgerEntry, OutcomeRecord } from '../ports/ledger.js';
import type { Random } from '../ports/random.js';
import type { Testimony } from '../run/run-tier.js';
import type { Spending } from '../remote/spending.js';
import type { Plan } from './planner.js';
import type { Recorder } from './recorder.js';
import { errorCode, type FinishedRun } from './records.js';
import type { RequestPlans } from './request-plans.js';
import type { Result } from './result.js';

/** Share of accepted answers that is marked for a later check, so that statistics stay unbiased. */
const AUDIT_SHARE = 0.01;

interface Kept {
  readonly requestId: string;
  /** Name of the key it came in with. */
  readonly key: string | undefined;
  readonly decisions: readonly DecisionRecord[];
  readonly plans: Pick<RequestPlans, 'request' | 'ended'>;
  readonly spending: Spending;
  readonly recorder: Recorder;
  readonly ports: {
    readonly clock: Pick<Clock, 'wallMs'>;
    readonly random: Random;
    readonly catalog: Pick<CatalogSource, 'current'>;
  };
  readonly passedMs: () => number;
}

/** What of an outcome is known of its end alone. */
type Ending = Pick<
  OutcomeRecord,
  | 'catalogRevision'
  | 'ladderRevision'
  | 'tier'
  | 'placement'
  | 'path'
  | 'verdict'
  | 'reason'
  | 'error'
  | 'degraded'
  | 'confidence'
  | 'audit'
  | 'auditProbability'
>;

/** What is kept of one request, however it ends: never its text, never its answer. */
export class RequestRecords {
  readonly runs: FinishedRun[] = [];
  readonly #is: Kept;

  constructor(kept: Kept) {
    this.#is = kept;
  }

  answered(result: Result, { catalogRevision, ladderRevision }: Plan): void {
    const { tier, placement, path, verdict, confidence } = result;
    const auditProbability = verdict.kind === 'accept' ? AUDIT_SHARE : 0;
    const audit = this.#is.ports.random() < auditProbability;
    this.#keep(
      {
        catalogRevision,
        ladderRevision,
        tier,
        placement,
        path: path.join('+'),
        verdict: verdict.kind,
        reason: verdict.reason,
        error: undefined,
        degraded: verdict.degraded !== undefined,
        confidence,
        audit,
        auditProbability,
      },
      result,
    );
  }

  /**
   * What ended without a result is kept as well: a ledger of answers alone would flatter the device. Runs that came to an
   * end are statistics like any other, and the decisions made so far are part of what was tried.
   * @param plan none when planning itself failed
   * @param tier the one that was asked last
   * @param isAborted whether whoever asked gave up
   */
  failed(plan: Plan | undefined, tier: Tier | undefined, error: unknown, isAborted: boolean): void {
    this.#keep(
      {
        catalogRevision: plan?.catalogRevision ?? this.#is.ports.catalog.current().revision,
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
      },
      undefined,
    );
  }

  #keep(ending: Ending, result: Result | undefined): void {
    const { requestId, key, decisions, plans, recorder, ports, spending, passedMs } = this.#is;
    const { task, domain, subDomain, textBytes } = plans.request;
    const { runs } = this;
    const atWallMs = ports.clock.wallMs();
    const totalMs = passedMs();
    const costUsd = spending.costUsd();
    const sentBytes = spending.sentBytes();
    const outcome = (): OutcomeRecord => ({
      ...ending,
      requestId,
      atWallMs,
      task,
      domain,
      subDomain,
      textBytes,
      tokens: Math.max(0, ...runs.map(({ testimony }) => testimony.tokens)),
      totalMs,
      costUsd,
      sentBytes,
      energyJoules: runs.reduce((sum, { energyJoules }) => sum + energyJoules, 0),
      decisions,
      ...(key !== undefined && { key }),
    });
    // The first run after a load is slow for reasons of its own, and a shared run is several's; statistics are about the others.
    for (const { typical, testimony } of runs) if (typical) recorder.add(() => runEntry(testimony, outcome()));
    recorder.add(() => ({ kind: 'outcome', record: outcome() }));
    plans.ended?.(outcome(), result);
  }
}

function runEntry({ tier, tokens, runMs: latencyMs }: Testimony, { requestId, atWallMs }: OutcomeRecord): LedgerEntry {
  return {
    kind: 'run',
    record: { requestId, atWallMs, variantId: variantIdOf(tier), tier: tier.id, tokens, latencyMs },
  };
}
