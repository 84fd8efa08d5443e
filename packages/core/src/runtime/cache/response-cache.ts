import type { CacheOutcome } from '../../cache/cache-facts.js';
import type { CacheSettings } from '../../cache/cache-settings.js';
import type { CacheWish } from '../../cache/cache-wish.js';
import type { HitCalibration, SemanticCache, SemanticStanding } from '../../cache/semantic/semantic-cache.js';
import type { Clock } from '../../ports/clock.js';
import type { Ledger } from '../../ports/ledger.js';
import type { CacheStats, ForgetAnswers, ResponseCacheStore } from '../../ports/response-cache.js';
import type { StartHash } from '../../ports/running-hash.js';
import type { RequestInput } from '../../request/parse-request.js';
import type { TextRequestInput } from '../../text/request/text-request-schema.js';
import type { RunByTask, StreamByTask } from '../run-by-task.js';
import type { RunOptions } from '../run-options.js';
import type { TextResult } from '../text/text-result.js';
import type { TextRunOptions } from '../text/text-runtime.js';
import type { TextStep } from '../text/text-step.js';
import type { MarkedLedger } from './marked-ledger.js';

/** What a cache is made of. */
export interface CachePorts {
  readonly store: ResponseCacheStore;
  readonly settings: CacheSettings;
  /**
   * Content id of all that may answer such a request, models, deltas, templates, calibrations and endpoints: answers of
   * others are never given again. Asked before a look-up and once more before an answer is kept.
   */
  readonly identity: (ask: { readonly task: string; readonly domain: string | undefined }) => Promise<string> | string;
  /** Whether a deployment may route such a request: other models may be live with the next one. */
  readonly routes?: ((ask: { readonly task: string; readonly domain: string | undefined }) => boolean) | undefined;
  /** Without one nobody counts what is answered from memory; audits are counted by a marked one that the runtime has too. */
  readonly ledger?: (Pick<Ledger, 'append'> & Partial<Pick<MarkedLedger, 'mark'>>) | undefined;
  readonly clock: Clock;
  readonly startHash: StartHash;
  /** Unique names of requests. */
  readonly newId: () => string;
  /** Opened with the first request it could answer; undefined where only the same request is. */
  readonly openSemantic?: (() => Promise<SemanticCache>) | undefined;
  /** Told when something failed that no request can report: a request never fails by its cache. */
  readonly onFailure?: ((error: unknown) => void) | undefined;
}

/** What a caller says to the cache beside the request. */
export interface CacheOptions {
  /** Told once what became of the request at the cache, before its first step or its answer. */
  readonly onCache?: ((outcome: CacheOutcome) => void) | undefined;
}

type Wished = { readonly cache?: CacheWish | undefined };

/** What a runtime with a cache answers more than one without. */
export interface CacheFace {
  readonly run: RunByTask<RequestInput & Wished, RunOptions & CacheOptions> &
    ((
      input: TextRequestInput & Wished,
      options?: TextRunOptions & CacheOptions & { readonly inOrder?: string | undefined },
    ) => Promise<TextResult>);
  readonly stream: StreamByTask<RequestInput & Wished, RunOptions & CacheOptions> &
    ((
      input: TextRequestInput & Wished,
      options?: TextRunOptions & CacheOptions,
    ) => AsyncGenerator<TextStep, TextResult>);
  readonly cache: ResponseCache;
}

/** What can be said to and asked of a cache itself. */
export interface ResponseCache {
  stats(): Promise<CacheStats & { readonly semantic: readonly SemanticStanding[] }>;
  /**
   * Certifies how alike questions must be, by rows that somebody labelled, and answers by it from then on.
   * @throws InvalidRequestError where what is alike is not to be answered; InvalidDataError for rows it cannot be done with;
   * StorageError; NoTierFitsError without an encoder
   */
  calibrate(calibration: HitCalibration): Promise<SemanticStanding>;
  /** @returns how many answers went. @throws StorageError */
  forget(what: ForgetAnswers): Promise<number>;
}
