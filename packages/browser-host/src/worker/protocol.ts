import type {
  BoundedRecommendation,
  Catalog,
  CodeEndpoint,
  DeviceProfile,
  Drained,
  FeedbackRecord,
  FetchProgress,
  KeyAsk,
  OwnPattern,
  QueuedState,
  Queue,
  RequestInput,
  Result,
  SchedulerLimits,
} from '@terrace/core';
import type { ErrorEnvelope } from '@terrace/core/engine';
import type { AssetFiles } from '../assets/asset-files.js';
import type { PageFacts } from '../page/page-facts.js';

/** What a page decides and a worker needs, as plain data. */
export interface RuntimeSettings {
  /** Of the page's script: files of another release do not understand each other. */
  readonly version: string;
  readonly files: AssetFiles;
  readonly catalogUrl: string;
  /** The public keys, in the words of a trust file, one of which must have signed the catalog. */
  readonly trustedKeys?: readonly string[] | undefined;
  readonly memoryBytes?: number | undefined;
  readonly idleUnloadMs?: number | undefined;
  readonly limits?: Partial<SchedulerLimits> | undefined;
  readonly threads?: number | undefined;
  readonly allowSoftwareGpu?: boolean | undefined;
  readonly hedging?: boolean | undefined;
  readonly reconcile?: boolean | undefined;
  readonly redaction?: readonly OwnPattern[] | undefined;
  /** Models in the page's own code; they are called through `PageCalls.callModel`. */
  readonly endpoints: readonly PageEndpoint[];
  /** Whether the page has keys of endpoints. */
  readonly hasKeys: boolean;
}

/** A model in the page's own code, without its functions. */
export interface PageEndpoint extends Omit<CodeEndpoint, 'model'> {
  readonly model: { readonly provider: string; readonly modelId: string; readonly kind: 'language' | 'embedding' };
}

/** What a model in the page's own code answered, or how it failed. */
type ModelOutcome =
  | { readonly kind: 'answered'; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly failure: ModelFailure };

/** What Terrace reads of an error of the AI SDK, as data: what else hangs on it may not cross. */
export interface ModelFailure {
  readonly name: string | undefined;
  readonly code: string | undefined;
  readonly statusCode: number | undefined;
  readonly isRetryable: boolean | undefined;
  readonly responseHeaders: { readonly 'retry-after': string } | undefined;
}

/** What the worker asks of its page. */
export interface PageCalls {
  facts(): Promise<PageFacts>;
  keyOf(ask: KeyAsk): Promise<string | undefined>;
  /** @param options of an AI SDK call, without its signal */
  callModel(endpointId: string, callId: number, options: unknown): Promise<ModelOutcome>;
  abortModel(callId: number): void;
  failed(error: ErrorEnvelope): void;
  warned(message: string): void;
  progressed(progress: FetchProgress): void;
}

/**
 * What a page asks of the worker. A call with a `callId` can be ended by `abort`; ids are the page's own and used once.
 */
export interface RuntimeWorker {
  open(settings: RuntimeSettings, page: PageCalls): Promise<void>;
  /** @param steps where every step is told, the result included */
  run(callId: number, input: RequestInput, options: RunCallOptions, steps?: MessagePort): Promise<Result>;
  recommend(callId: number, input: Omit<RequestInput, 'text'>): Promise<BoundedRecommendation>;
  /** @param progress where every step of the download is told */
  prepare(callId: number, input: Omit<RequestInput, 'text'>, progress: MessagePort): Promise<void>;
  abort(callId: number, reason: ErrorEnvelope): void;
  readQueued(requestId: string): Promise<QueuedState | undefined>;
  listQueued(query?: Parameters<Queue['list']>[0]): Promise<QueuedState[]>;
  waitForQueued(callId: number, requestId: string): Promise<QueuedState | undefined>;
  /** @param answered where the id of each request that has ended is told */
  drainQueued(callId: number, answered: MessagePort): Promise<Drained>;
  forgetQueued(requestId: string): Promise<boolean>;
  profile(): Promise<DeviceProfile>;
  catalog(): Promise<Catalog>;
  refreshCatalog(): Promise<boolean>;
  recordFeedback(feedback: Feedback): Promise<void>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface RunCallOptions {
  readonly queuedId?: string | undefined;
  readonly inOrder?: string | undefined;
}

/** What somebody says of an answer. */
export type Feedback = Pick<FeedbackRecord, 'requestId' | 'right'> & {
  /** The label it should have been. */
  readonly correction?: string;
  readonly comment?: string;
};
