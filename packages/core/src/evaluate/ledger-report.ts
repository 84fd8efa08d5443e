import type { OutcomeRecord } from '../ports/ledger.js';
import type { Proportion } from './binomial.js';
import type { Drift } from './drift.js';

export type Placement = OutcomeRecord['placement'];

/** Where everything could have gone instead, and what that would have taken. */
export interface CloudReference {
  /** The endpoint's id. */
  readonly id: string;
  readonly placement: 'site' | 'cloud';
  costPerCallUsd(call: Pick<OutcomeRecord, 'task' | 'domain' | 'tokens'>): number;
  /** Bytes of a body beside the text, until enough calls have shown it. */
  overheadBytes(call: Pick<OutcomeRecord, 'task' | 'domain'>): number;
  readonly p50Ms: number;
  readonly p95Ms: number;
  /** In the data centre; undefined where nothing is known of it. */
  readonly energyPerCallJoules: number | undefined;
  /** What was not measured, in sentences. */
  readonly assumptions: readonly string[];
}

/** How many, and their share of all requests; undefined without requests. */
export interface Part {
  readonly count: number;
  readonly share: number | undefined;
}

/** Of requests with an answer, in milliseconds. */
export interface Latency {
  readonly n: number;
  readonly meanMs: number | undefined;
  /** Within 0.5 % of the nearest rank. */
  readonly p50Ms: number | undefined;
  readonly p95Ms: number | undefined;
}

/** What was spent, beside what everything having gone to the cloud would have taken. */
export interface Spent {
  readonly total: number;
  /** Undefined where it cannot be known. */
  readonly allCloud: number | undefined;
}

/** What one tier answered, last of those whose scores are in an answer. */
export interface TierShare {
  readonly tier: string;
  readonly placement: Placement;
  readonly answers: Part;
  /** By feedback. */
  readonly right: Proportion;
}

/** What the cache answered, and what that saved; hits are requests like others, and runs of no tier. */
export interface FromMemory {
  /** The same request had been answered. */
  readonly exact: Part;
  /** One that a certificate counts as the same. */
  readonly semantic: Part;
  /** What the first answers took, which these did not. */
  readonly savedUsd: number;
  readonly savedTokens: number;
  readonly savedMs: number;
  /** Hits that were drawn at random and computed all the same: how many would have been wrong. */
  readonly wrongAudits: Proportion;
}

/** What a ledger says of a time and, if one was named, a domain. */
export interface LedgerReport {
  readonly requests: number;
  /** Wall times of the first and last request by the clock; undefined without requests. */
  readonly fromWallMs: number | undefined;
  readonly toWallMs: number | undefined;
  /** Those with an answer, sure enough or not. */
  readonly answered: Part;
  readonly accepted: Part;
  readonly abstained: Part;
  readonly degraded: Part;
  readonly failed: Part;
  readonly aborted: Part;
  /** Scores of more than one tier are in the answer. */
  readonly climbed: Part;
  /** Something was sent to another machine for it. */
  readonly leftDevice: Part;
  readonly cache: FromMemory;
  /** The most used first; what they answered themselves, not what was given again. */
  readonly tiers: readonly TierShare[];
  /** The last word on each request. Who speaks up is no random sample of who was answered. */
  readonly feedback: {
    /** Answers with feedback. */
    readonly given: Part;
    readonly right: Proportion;
    readonly rightOfAccepted: Proportion;
  };
  /** Accepted answers that were drawn at random: of those that were judged, an unbiased sample. */
  readonly audit: {
    readonly drawn: number;
    readonly right: Proportion;
    /** Each weighted by how unlikely it was to be drawn; undefined when none was judged. */
    readonly weightedShare: number | undefined;
  };
  /** Of requests with an answer. */
  readonly latency: {
    readonly all: Latency;
    /** Of what the cache answered. */
    readonly fromMemory: Latency;
    /** Of the placements that answered, without what came from the cache. */
    readonly byPlacement: Readonly<Partial<Record<Placement, Latency>>>;
  };
  readonly costUsd: Spent;
  /** Of the runs on this device, and of calls to the cloud as far as something is known of them. */
  readonly energyJoules: Spent;
  readonly sentBytes: Spent;
  readonly cloud: Pick<CloudReference, 'id' | 'placement' | 'p50Ms' | 'p95Ms' | 'assumptions'>;
  readonly drift: readonly Drift[];
}
