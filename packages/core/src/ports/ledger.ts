import type { Placement } from '../catalog/fields.js';

/** One choice, with what else could have been chosen and how likely each was. */
export interface DecisionRecord {
  readonly stage: 'route' | 'start' | 'continue';
  /** Of the deployment, where the choice was among its live models. */
  readonly window?: string | undefined;
  /** Tier ids tried when the choice was made, e.g. `nano+base`; empty at the start. */
  readonly path: string;
  readonly chosen: string;
  /** Every alternative with the probability it had; they sum to 1. `accept` and `abstain` are alternatives too. */
  readonly alternatives: Readonly<Record<string, number>>;
  /** P(right) the choice was based on, in [0, 1]; none at the start. */
  readonly confidence: number | undefined;
}

/** What is kept of one request. Never its text and never its answer. */
export interface OutcomeRecord {
  readonly requestId: string;
  readonly atWallMs: number;
  readonly task: string;
  readonly domain: string | undefined;
  readonly subDomain: string | undefined;
  readonly catalogRevision: string;
  readonly ladderRevision: string | undefined;
  /** Of the answer; without one the last tier that was asked, and empty when none was. */
  readonly tier: string;
  /** Of that tier; `device` when none was asked. */
  readonly placement: Placement;
  /** Tier ids whose scores are in the answer, e.g. `nano+base`; empty without an answer. */
  readonly path: string;
  /** How it ended. Failed and aborted requests have no answer, and are kept so that statistics are about all requests. */
  readonly verdict: 'accept' | 'abstain' | 'failed' | 'aborted';
  readonly reason: string | undefined;
  /** The code of what ended it, such as `ENGINE_FAILED`; none for a request that was answered. */
  readonly error: string | undefined;
  readonly degraded: boolean;
  readonly confidence: number | undefined;
  readonly textBytes: number;
  readonly tokens: number;
  readonly totalMs: number;
  /** Of every call to a tier that costs money, those that were cancelled or failed after they were sent included. */
  readonly costUsd: number;
  /** Bytes of the bodies sent to other machines for it; 0 when nothing left the device. */
  readonly sentBytes: number;
  /** Of the runs on this device, as estimated from their time. */
  readonly energyJoules: number;
  readonly decisions: readonly DecisionRecord[];
  /** Drawn for audit, with the probability it was drawn with. */
  readonly audit: boolean;
  readonly auditProbability: number;
  /** Name of the key it came in with; undefined where nobody needs one. */
  readonly key?: string | undefined;
  /** Of an answer that was generated; `tokens` is the sum of both counts. */
  readonly text?: TextFacts | undefined;
  /** Where the cache had a say. */
  readonly cache?: CacheRecord | undefined;
}

/** What the cache did for a request. */
export interface CacheRecord {
  readonly kind: 'exact' | 'semantic' | 'audit';
  /** What the first answer took, which this one did not; 0 of an audit, which was computed. */
  readonly savedUsd: number;
  readonly savedTokens: number;
  readonly savedMs: number;
  /** Of an audit: whether the hit would have been right, and the probability it was drawn with. */
  readonly right?: boolean | undefined;
  readonly probability?: number | undefined;
}

/** How an answer was generated. */
export interface TextFacts {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** From the request to the first token that was shown; undefined where none was. */
  readonly firstTokenMs: number | undefined;
  /** Of the last tier, after its first token. */
  readonly tokensPerSecond: number | undefined;
}

/** One run of one tier. */
export interface RunRecord {
  readonly requestId: string;
  readonly atWallMs: number;
  /** sha256 of the weights; of a tier that somebody else runs, the content id of its endpoint. */
  readonly variantId: string;
  readonly tier: string;
  readonly tokens: number;
  /**
   * Tokenization and inference where they ran; waiting behind other requests says nothing about a model. Of an
   * endpoint, from the call to the answer, network and tries included.
   */
  readonly latencyMs: number;
}

/** One load of a variant, or one switch from an older to a newer one. */
export interface LoadRecord {
  readonly atWallMs: number;
  readonly variantId: string;
  readonly tier: string;
  readonly replaces: string | undefined;
  readonly loadMs: number;
  readonly bytesRead: number;
  readonly peakMemoryBytes: number;
  readonly warmRunMs: number;
}

/** What somebody said of an answer, later. */
export interface FeedbackRecord {
  /** Of the request, whose outcome may be in another ledger. */
  readonly requestId: string;
  readonly atWallMs: number;
  readonly right: boolean;
  /** What the answer should have been. */
  readonly correction: string | undefined;
  readonly comment: string | undefined;
}

/** An outcome with the last word on it, when somebody gave one. */
export interface ReviewedOutcome {
  readonly outcome: OutcomeRecord;
  readonly feedback: FeedbackRecord | undefined;
}

/** What the device itself has shown about a variant. */
export interface VariantStatistics {
  readonly variantId: string;
  /** Warm runs; 0 when it was only ever loaded, and then there are no quantiles. */
  readonly runs: number;
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
  /** Upper median of the latest 5 loads: a peak counts whatever the process did meanwhile, so one may be far off. */
  readonly peakMemoryBytes: number | undefined;
  /** Of the newest load. */
  readonly loadMs: number | undefined;
}

export type LedgerEntry =
  | { readonly kind: 'outcome'; readonly record: OutcomeRecord }
  | { readonly kind: 'run'; readonly record: RunRecord }
  | { readonly kind: 'load'; readonly record: LoadRecord }
  | { readonly kind: 'feedback'; readonly record: FeedbackRecord };

/** The append-only record from which budgets, statistics and reports are computed. */
export interface Ledger {
  /**
   * Durable once it resolves. Entries of one call are kept together or not at all.
   * @throws StorageError when they cannot be written; with the fact `fault: 'entry'` when one of them never can be,
   *   however well the disk is
   */
  append(entries: readonly LedgerEntry[]): Promise<void>;
  /** Entries that one append had better hold now: few where it keeps the event loop waiting, many where it does not. */
  batchEntries?(): number;
  /** Newest first. @param query.sinceWallMs only those that began then or later */
  outcomes(query?: {
    readonly limit?: number;
    readonly domain?: string;
    readonly sinceWallMs?: number;
  }): Promise<OutcomeRecord[]>;
  /** The newest of this request; undefined when this ledger has none. */
  outcome(requestId: string): Promise<OutcomeRecord | undefined>;
  /**
   * Every outcome without a limit, newest first and in pages, for reports over more of them than fit in memory. What is
   * appended meanwhile may be left out.
   */
  review(query?: {
    readonly domain?: string;
    readonly sinceWallMs?: number;
  }): AsyncIterable<readonly ReviewedOutcome[]>;
  /** Newest first; of each request the last word counts, so there may be several. */
  feedback(query?: { readonly limit?: number; readonly sinceWallMs?: number }): Promise<FeedbackRecord[]>;
  /** One row a variant seen on this device, over its latest 200 runs. */
  statistics(): Promise<VariantStatistics[]>;
  close(): Promise<void>;
}
