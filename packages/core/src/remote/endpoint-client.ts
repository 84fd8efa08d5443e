import type { TaskId } from '../catalog/fields.js';
import type { TierAnswer } from '../tasks/answer.js';

/** What is asked of an endpoint. The text is as it may leave the device: what must not leave is replaced already. */
export interface RemoteAsk {
  readonly task: TaskId;
  readonly text: string;
  readonly domain: string | undefined;
  /** The label space of the answer, in order; empty for embeddings. */
  readonly labels: readonly string[];
  readonly outOfScopeLabel: string | null;
  /** Asking twice under one id costs a server that knows it nothing. */
  readonly requestId: string;
}

/** What an endpoint answered, checked and in the form of a tier. */
export interface RemoteReply {
  readonly answer: TierAnswer;
  /** As the endpoint counts, or as estimated from the texts where it does not say. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Bytes of the bodies. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Which weights and delta computed it, where the endpoint tells. */
  readonly computedBy: { readonly variant: string; readonly delta: string | undefined } | undefined;
  /** What the endpoint itself says the call cost, in US dollars. */
  readonly costUsd: number | undefined;
}

/** What an endpoint says about itself: `terrace tiers add` writes its manifest from it. */
export interface EndpointDescription {
  /** Names of the models it offers. */
  readonly models: readonly string[];
  readonly tasks: readonly TaskId[];
  /** Domains it has a model for, where its names tell. */
  readonly domains?: readonly string[];
  /** Labels of a classifier with a head of its own. */
  readonly labels: readonly string[] | undefined;
  readonly serves:
    | { readonly model: string; readonly variant: string; readonly deltas: Readonly<Record<string, string>> }
    | undefined;
  readonly tensors:
    | {
        readonly text: string;
        readonly column: boolean;
        readonly scores?: string;
        readonly label?: string;
        readonly confidence?: string;
        readonly embedding?: string;
      }
    | undefined;
}

/**
 * Speaks one protocol to one endpoint: one try, no policy. Whatever comes back is bounded and checked before it is
 * believed.
 */
export interface EndpointClient {
  /**
   * @throws EndpointUnreachableError, EndpointOverloadedError, EndpointFailedError: may be tried again
   * @throws EndpointRefusedError, RemoteAnswerError: trying again would not help
   * @throws the signal's reason
   */
  ask(ask: RemoteAsk, signal: AbortSignal): Promise<RemoteReply>;
  /** @throws like `ask` */
  describe(signal: AbortSignal): Promise<EndpointDescription>;
}
