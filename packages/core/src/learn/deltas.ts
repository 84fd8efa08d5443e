import type { MeasuredShare } from '../catalog/delta-facts.js';
import type { Example } from '../calibrate/score-rows.js';
import type { LabelTraffic } from '../calibrate/traffic-weights.js';
import type { Calibration } from '../catalog/calibration.js';
import type { ConflictReport } from '../delta/compose/conflict-report.js';
import type { DataReport } from '../delta/gate/data-report.js';
import type { PromotionDecision } from '../delta/promote/promotion.js';
import type { Revision, RevisionOrigin } from '../ports/revision-store.js';

/** What to fit, and on what. */
export interface FitAsk {
  readonly domain: string;
  /** A delta for one sub-domain of the domain, which is asked when the domain's own answer falls into it. */
  readonly subDomain?: string | undefined;
  readonly examples: readonly Example[];
  /** Held out by whoever asks; otherwise some of the examples are. */
  readonly evaluation?: readonly Example[] | undefined;
  /** One rung only; all of the ladder without it. */
  readonly base?: string | undefined;
  /** Rungs that keep the delta they have, such as the one that taught the others. */
  readonly except?: readonly string[] | undefined;
  /** The label of texts that belong to no other one, where there are such examples. */
  readonly outOfScopeLabel?: string | undefined;
  /** Sub-domain name to the labels under it. */
  readonly subDomains?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Refuses data in which the gate finds something. */
  readonly strict?: boolean | undefined;
  /** How much each example counts, in (0, 1]; all alike without it. */
  readonly weights?: readonly number[] | undefined;
  /**
   * How often requests asked for each label: then the calibration rests on rows that have labels as often. Labels that
   * no row has are left out.
   */
  readonly traffic?: readonly LabelTraffic[] | undefined;
  /** As stored: half the bytes a head and factors take are worth less than one label in a thousand. */
  readonly dtype?: 'int8' | 'fp16' | undefined;
  /** Whether a candidate that is found better takes over at once; it does by default. */
  readonly promote?: boolean | undefined;
  /** `fitted` unless it is said otherwise. */
  readonly origin?: Extract<RevisionOrigin, 'fitted' | 'learnt'> | undefined;
}

export type FitStage = 'checking' | 'embedding' | 'fitting' | 'factors' | 'calibrating' | 'comparing' | 'keeping';

/** How far a fit is. */
export interface FitProgress {
  readonly stage: FitStage;
  /** The rung it is at, where it is at one. */
  readonly rung: string | undefined;
  readonly done: number;
  readonly total: number;
}

/** What a fit of one rung came to. */
export interface FittedRung {
  readonly rung: string;
  readonly deltaId: string;
  /** Of all its files. */
  readonly bytes: number;
  /** Of the base's smallest variant. */
  readonly shareOfBase: number;
  readonly method: string;
  readonly rank: number;
  readonly accuracy: MeasuredShare;
  readonly embedMs: number;
  readonly fitMs: number;
}

export interface FitReport {
  readonly domain: string;
  readonly data: DataReport;
  readonly rungs: readonly FittedRung[];
  /** Whether confidences could be fitted, on how many rows; without them tiers accept on a high raw score only. */
  readonly calibrated:
    | {
        readonly rows: number;
        readonly basis: 'held-out' | 'cross-validated';
        /** Where the rows have labels as often as they are asked for. */
        readonly traffic?: Calibration['data']['traffic'];
      }
    | undefined;
  readonly decision: PromotionDecision;
  readonly revision: Revision;
  readonly promoted: boolean;
}

interface Watched {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FitProgress) => void) | undefined;
}

/** How a revision does on labelled rows. */
export interface DeltaEvaluation {
  readonly domain: string;
  readonly revision: string;
  /** Each rung by itself, then the ladder as it would walk. */
  readonly rungs: readonly { readonly rung: string; readonly accuracy: MeasuredShare }[];
  readonly ladder: { readonly accuracy: MeasuredShare; readonly climbRate: number } | undefined;
}

export interface ComposeAsk {
  readonly domains: readonly string[];
  /** The domain of the composed deltas. */
  readonly into: string;
  /**
   * Of their factors, one a domain, in its order. Without them 1 / sqrt(domains) each: then what all of them change
   * together is no larger than what one did.
   */
  readonly weights?: readonly number[] | undefined;
  /** Labelled rows of each domain: its accuracy is measured before and after. */
  readonly evaluation?: Readonly<Record<string, readonly Example[]>> | undefined;
}

/** The life of deltas on a device. Every method refuses what is of another shape with an InvalidRequestError. */
export interface Deltas {
  /**
   * What the data gate finds before a fit; likely wrong labels are found by the fit alone.
   * @throws InvalidDataError, the signal's reason
   */
  check(
    ask: Pick<FitAsk, 'examples' | 'evaluation'>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<DataReport>;
  /** @throws InvalidDataError, InvalidRequestError, StorageError, NoTierFitsError, the signal's reason */
  fit(ask: FitAsk, options?: Watched): Promise<FitReport>;
  /** @param revision the one in force without it. @throws UnknownRevisionError, UnknownDomainError, InvalidDataError */
  evaluate(
    ask: { readonly domain: string; readonly revision?: string | undefined; readonly examples: readonly Example[] },
    options?: Watched,
  ): Promise<DeltaEvaluation>;
  /** @throws DeltaConflictError when the check refuses, UnknownDomainError, StorageError */
  compose(
    ask: ComposeAsk,
    options?: Watched,
  ): Promise<{ readonly conflicts: ConflictReport; readonly revision: Revision; readonly promoted: boolean }>;
  /** Newest first; `inForce` is undefined where that is none of them. */
  revisions(domain: string): Promise<{ readonly revisions: readonly Revision[]; readonly inForce: string | undefined }>;
  /** Puts a kept revision in force, whatever its decision was. @throws UnknownRevisionError, StorageError */
  promote(domain: string, revision: string): Promise<void>;
  /** Back to what was in force before. @returns what is now. @throws UnknownRevisionError where there is nothing before */
  rollback(domain: string): Promise<Revision | undefined>;
}
