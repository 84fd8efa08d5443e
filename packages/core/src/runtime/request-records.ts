import type { Tier } from '../catalog/tier.js';
import type { CatalogSource } from '../ports/catalog-source.js';
import type { Clock } from '../ports/clock.js';
import type { DecisionRecord } from '../ports/ledger.js';
import type { Random } from '../ports/random.js';
import type { Spending } from '../remote/spending.js';
import type { Plan } from './planner.js';
import type { Recorder } from './recorder.js';
import { failureEntry, outcomeEntries, type FinishedRun, type RequestEntries } from './records.js';
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

/** What is kept of one request, however it ends. */
export class RequestRecords {
  readonly runs: FinishedRun[] = [];
  readonly #is: Kept;

  constructor(kept: Kept) {
    this.#is = kept;
  }

  answered(result: Result, plan: Plan): void {
    const auditProbability = result.verdict.kind === 'accept' ? AUDIT_SHARE : 0;
    const audit = this.#is.ports.random() < auditProbability;
    this.#keep(outcomeEntries({ result, plan, audit, auditProbability, ...this.#account() }), result);
  }

  /** What ended without a result is kept as well: a ledger of answers alone would flatter the device. */
  failed(failure: {
    readonly plan: Plan | undefined;
    readonly tier: Tier | undefined;
    readonly error: unknown;
    readonly isAborted: boolean;
  }): void {
    const catalogRevision = this.#is.ports.catalog.current().revision;
    this.#keep(failureEntry({ ...failure, catalogRevision, ...this.#account() }), undefined);
  }

  #keep({ runs, outcome }: RequestEntries, result: Result | undefined): void {
    this.#is.recorder.add(...runs, outcome);
    this.#is.plans.ended?.(outcome.record, result);
  }

  #account() {
    const { requestId, key, decisions, plans, spending, ports, passedMs } = this.#is;
    return {
      requestId,
      key,
      request: plans.request,
      decisions,
      runs: this.runs,
      atWallMs: ports.clock.wallMs(),
      totalMs: passedMs(),
      costUsd: spending.costUsd(),
      sentBytes: spending.sentBytes(),
    };
  }
}
