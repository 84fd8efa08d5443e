import type {
  AddressedEndpoint,
  BoundedRecommendation,
  Catalog,
  CodeEndpoint,
  DeviceProfile,
  FeedbackRecord,
  FetchProgress,
  KeyAsk,
  LedgerReport,
  OwnPattern,
  Queued,
  ReportQuery,
  RequestInput,
  Step,
  SchedulerLimits,
} from '@terrace/core';
import type { BudgetLimit, BudgetStanding } from '@terrace/core/budget';
import type { Deltas, FitProgress } from '@terrace/core/deltas';
import type { ErrorEnvelope } from '@terrace/core/engine';
import type { Method } from '../calls/messages.js';
import type { AssetFiles } from '../assets/asset-files.js';
import type { ExportOptions, Exported } from '../bundles/export-bundle.js';
import type { ImportOptions, Imported } from '../bundles/import-bundle.js';
import type { LentCalls, LentFiles } from '../lent/lent-protocol.js';
import type { PageFacts } from '../page/page-facts.js';
import type { PackedResult } from './packed-result.js';
import type { TextCalls, TextFiles } from './text-protocol.js';

/** What a page decides and a worker needs, as plain data. */
export interface RuntimeSettings {
  /** Of the page's script: files of another release do not understand each other. */
  readonly version: string;
  readonly files: AssetFiles;
  /** Absolute; empty where models come by bundles alone. */
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
  readonly budgets?: readonly BudgetLimit[] | undefined;
  readonly redaction?: readonly OwnPattern[] | undefined;
  /** Tiers that the page brings: models in its own code are called through `PageCalls.callModel`. */
  readonly endpoints: readonly PageEndpoint[];
  /** Whether the page has keys of endpoints. */
  readonly hasKeys: boolean;
  /** Whether pages pretend that there is no network. */
  readonly isOffline?: boolean;
}

/** A tier that the page brings. */
export type PageEndpoint = AddressedEndpoint | PageModel;

/** A model in the page's own code, without its functions. */
interface PageModel extends Omit<CodeEndpoint, 'model'> {
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
  readonly facts: Method<[], PageFacts>;
  readonly keyOf: Method<[KeyAsk], string | undefined>;
  /** Of an endpoint, with the options of an AI SDK call but its signal. */
  readonly callModel: Method<[endpointId: string, options: object], ModelOutcome>;
}

/** What a page asks of the worker, its own or the one of the tab that leads. */
export interface RuntimeCalls {
  /** Tells every step, the result included, where the caller listens. */
  readonly run: Method<[input: RequestInput, options: RunCallOptions], PackedResult, Step>;
  readonly recommend: Method<[Omit<RequestInput, 'text'>], BoundedRecommendation>;
  readonly prepare: Method<[Omit<RequestInput, 'text'>], void, FetchProgress>;
  /** Of `runtime.queued`; `drain` tells the id of each request that has ended. */
  readonly queued: Method<[name: keyof Queued, args: readonly unknown[]], unknown, string>;
  readonly profile: Method<[], DeviceProfile>;
  readonly catalog: Method<[], Catalog>;
  readonly refreshCatalog: Method<[], boolean>;
  /** Of `RareCalls`. */
  readonly rare: Method<[name: keyof RareCalls, args: readonly unknown[]], unknown, unknown>;
  /** Undefined leaves it as it is: the device's own network is back. */
  readonly setOffline: Method<[isOffline: boolean | undefined], void>;
  readonly flush: Method<[], void>;
  /** The last call of the worker's own page. */
  readonly close: Method<[], void>;
}

/** What few visits ask for: who answers it is loaded then. */
export interface RareCalls {
  readonly importBundle: Method<[file: Blob, options: ImportOptions], Imported, FetchProgress>;
  readonly exportBundle: Method<[ExportOptions], Exported, FetchProgress>;
  readonly recordFeedback: Method<[Feedback], void>;
  readonly budgets: Method<[], BudgetStanding[]>;
  readonly report: Method<[ReportQuery], LedgerReport>;
  /** Of `runtime.deltas`. */
  readonly deltas: Method<[name: keyof Deltas, args: readonly unknown[]], unknown, FitProgress>;
  /** Of `TextCalls`. @param files of what answers them, loaded at the first call */
  readonly text: Method<[files: TextFiles, name: keyof TextCalls, args: readonly unknown[]], unknown, unknown>;
  /** Of `LentCalls`. @param files of what answers them, loaded at the first call */
  readonly lent: Method<[files: LentFiles, name: keyof LentCalls, args: readonly unknown[]], unknown>;
}

/** What the worker tells without being asked. */
export type News =
  | { readonly kind: 'failed'; readonly error: ErrorEnvelope }
  | { readonly kind: 'warned'; readonly message: string }
  /** For whoever leads next. */
  | { readonly kind: 'offline'; readonly isOffline: boolean }
  | { readonly kind: 'progressed'; readonly progress: FetchProgress };

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
