import type {
  Catalog,
  Clock,
  FeedbackRecord,
  ModelStore,
  Placement,
  QueuedState,
  RequestInput,
  Result,
  RunOptions,
} from '@terrace/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CacheOptions, CacheWish } from '@terrace/core/cache';
import type { DocumentsWish } from '@terrace/core/documents';
import type { TextRequestInput, TextResult, TextRunOptions, TextStep } from '@terrace/core/text';
import type { Access } from './access.js';
import type { AskText } from './ask-text.js';
import type { Endpoint, ModelChoice } from './model-name.js';
import type { RouteDocs } from './openapi/route-docs.js';
import type { ServerMetrics } from './server-metrics.js';
import type { Standings } from './standing-metrics.js';

export interface ServerLimits {
  /** Largest body that is read. */
  readonly bodyBytes: number;
  /** Levels of arrays and objects in a body. */
  readonly jsonDepth: number;
  /** Requests in one body: a native batch, the inputs of embeddings, the rows of a tensor. */
  readonly batch: number;
  /** From the moment a request was read until its answer is sent. */
  readonly requestMs: number;
  /** For the headers of a request, and for all of it. */
  readonly headersMs: number;
  readonly receiveMs: number;
  /** How long a connection is kept on which nothing comes. */
  readonly keepAliveMs: number;
  /** All headers of a request together. */
  readonly headerBytes: number;
  /** Connections at a time; each may hold a body. */
  readonly connections: number;
}

export const DEFAULT_SERVER_LIMITS: ServerLimits = {
  bodyBytes: 4 * 1024 * 1024,
  jsonDepth: 32,
  batch: 256,
  requestMs: 60_000,
  headersMs: 10_000,
  receiveMs: 30_000,
  keepAliveMs: 72_000,
  headerBytes: 16 * 1024,
  connections: 4096,
};

interface WithCache {
  readonly cache?: CacheWish;
}

interface WithDocuments {
  readonly documents?: DocumentsWish | undefined;
}

/** What answers requests; of one with a cache more can be asked. */
export interface AskedRuntime {
  run(input: RequestInput & WithCache, options?: RunOptions & CacheOptions): Promise<Result>;
}

/** What answers requests for text. */
export interface AskedForText {
  run(
    input: TextRequestInput & WithCache & WithDocuments,
    options?: TextRunOptions & CacheOptions,
  ): Promise<TextResult>;
  stream(
    input: TextRequestInput & WithCache & WithDocuments,
    options?: TextRunOptions & CacheOptions,
  ): AsyncGenerator<TextStep, TextResult>;
}

/** An answer that can be given a second time. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** A string is JSON unless the headers say otherwise. */
  readonly body: string | Uint8Array;
}

/** One text for the runtime, as a model's name and the body of a request say it. */
interface Ask {
  readonly model: ModelChoice;
  readonly input: RequestInput & WithCache;
  /** Asked for by name in the body; the header `x-terrace-priority` otherwise. */
  readonly priority?: 'high' | 'normal' | undefined;
}

/** A chat that is handed on, as it came, to an endpoint of the catalog. */
interface ForwardedChat {
  readonly endpoint: Endpoint;
  /** As parsed; `model` in it is the name that the client knows. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly residency: Placement;
  readonly signal: AbortSignal;
}

/** What the routes of every interface work with. */
export interface ServerContext extends Standings {
  readonly runtime: AskedRuntime;
  /** Whether that has a cache: without one a request cannot speak of it. */
  readonly isCached: boolean;
  readonly catalog: () => Catalog;
  /** Whether a file of the catalog is here or can be fetched. */
  readonly presence: ModelStore['presence'];
  readonly clock: Clock;
  readonly limits: ServerLimits;
  readonly metrics: ServerMetrics;
  readonly docs: RouteDocs;
  /** Whether requests should be sent here: not before the first model can run, and not while the server drains. */
  readonly ready: () => boolean;
  /** Of a request that has passed the door. */
  readonly access: (request: FastifyRequest) => Access;
  /** Aborts when the client is gone or the request's time is up. */
  readonly signalOf: (request: FastifyRequest, reply: FastifyReply) => AbortSignal;
  /** @throws a refusal (403) when the key may not use the model */
  readonly requireModel: (request: FastifyRequest, model: Pick<ModelChoice, 'name'>) => void;
  /**
   * Asks the runtime as the key may: the model must be allowed, the text travels no further than both the key and the
   * request say, and the work is taken back when the client is gone. It is counted, and told in the log line.
   */
  readonly ask: (request: FastifyRequest, reply: FastifyReply, ask: Ask) => Promise<Result>;
  /** The same for text; absent where nothing generates any. */
  readonly text?: AskText | undefined;
  /**
   * Sends what the work answers. With an `idempotency-key` the same request is worked on once: whoever asks again, also
   * while the first is under way, is sent the same answer.
   */
  readonly answer: (request: FastifyRequest, reply: FastifyReply, work: () => Promise<Answer>) => Promise<FastifyReply>;
  /** State of a request that was put off; undefined for an id nobody knows. Absent where nothing is queued. */
  readonly queued?: ((requestId: string) => Promise<QueuedState | undefined>) | undefined;
  /** Keeps what somebody said of an answer. */
  readonly recordFeedback?: ((record: FeedbackRecord) => void | Promise<void>) | undefined;
  /** Answers a chat by an endpoint's own answer; absent where that is not wired. It sends the reply itself. */
  readonly forward?:
    | ((request: FastifyRequest, reply: FastifyReply, chat: ForwardedChat) => Promise<FastifyReply>)
    | undefined;
}
