import type { TextEngine } from '../../ports/text-engine.js';
import type { RememberedTestsPorts } from '../../text/local/remembered-tests.js';
import type { TokenCount } from '../../prompt/economy-facts.js';
import type { TextPlan } from '../../text/plan/text-plan.js';
import type { Remotes } from '../../remote/remotes.js';
import type { TextRequestInput } from '../../text/request/text-request-schema.js';
import type { PrepareOptions, RunOptions } from '../run-options.js';
import type { RuntimePorts } from '../stages.js';
import type { TextResult } from './text-result.js';
import type { TextStep } from './text-step.js';

/** What a caller says beside a text request. */
export interface TextRunOptions extends Pick<RunOptions, 'signal' | 'key'> {
  /** What the request goes by, where that is told before its answer: unique. Drawn without it. */
  readonly requestId?: string | undefined;
  /** P(right) or whether, as the caller's own look at a whole answer puts it, in [0, 1]; it may take its time. */
  readonly check?: ((text: string, signal: AbortSignal | undefined) => Promise<number> | number) | undefined;
}

/** A host behind the same ports as `RuntimePorts`, and what generates. */
export interface TextPorts extends Pick<
  RuntimePorts,
  | 'catalog'
  | 'probe'
  | 'store'
  | 'ledger'
  | 'clock'
  | 'random'
  | 'budget'
  | 'memoryCeilingBytes'
  | 'idleUnloadMs'
  | 'loadRemote'
  | 'fetch'
  | 'keys'
  | 'endpoints'
  | 'redaction'
  | 'onFailure'
> {
  readonly engine: TextEngine;
  /** Bytes of a file of the catalog, hashed: calibrations. @throws ArtifactMissingError, ArtifactCorruptError */
  readonly readFile: (file: {
    readonly path: string;
    readonly bytes: number;
    readonly sha256: string;
  }) => Promise<Uint8Array>;
  /** Where it is remembered that models were found to answer rightly; without it every process examines them. */
  readonly selfTests?: RememberedTestsPorts;
  /** What other models of this process hold, in bytes. */
  readonly loadedBytes?: () => number;
}

/** What text models hold of this device's memory, and how others come by it. */
export interface TextMemoryUse {
  heldBytes(): number;
  /** Of that, what is at work and does not go. */
  busyBytes(): number;
  /** Unloads what nobody uses until so much more fits beside the rest. */
  makeRoom(neededBytes: number): Promise<void>;
}

/** Answers text requests on the ladder of text tiers. */
export interface TextRuntime {
  /**
   * Yields every step; texts as they may be shown, the result last. A reader that is slow slows its own tier down and
   * nobody else.
   * @throws InvalidRequestError, ContextExceededError, StructureUnmetError, NoTierFitsError; of the last tier its failure
   */
  stream(input: TextRequestInput, options?: TextRunOptions): AsyncGenerator<TextStep, TextResult>;
  /** The same, folded to the result. */
  run(input: TextRequestInput, options?: TextRunOptions): Promise<TextResult>;
  /** What would answer such a request here, how fast, and why not the others; nothing is downloaded. */
  recommend(
    input: Omit<TextRequestInput, 'text' | 'messages'>,
    options?: Pick<RunOptions, 'signal'>,
  ): Promise<TextPlan>;
  /**
   * Tokens of the chat as the lightest tier of this device that would answer reads it, template and tools included:
   * `usage.inputTokens` of a run that it answers alone. The tier is loaded for it. Where only endpoints would answer it is
   * the tokenizer of the model they serve, where that fits on this device, or else a guess. A chat with more than 16 bytes
   * for each token that the tier can read is guessed as well: no run would read it.
   * @throws InvalidRequestError, NoTierFitsError, the signal's reason
   */
  count(input: TextRequestInput, options?: Pick<RunOptions, 'signal'>): Promise<TokenCount>;
  /** Downloads and loads the lightest tier of this device that would answer. */
  prepare(input: Omit<TextRequestInput, 'text' | 'messages'>, options?: PrepareOptions): Promise<void>;
  /** How the endpoints do that were asked for text. */
  readonly remotes: Pick<Remotes, 'state'>;
  /** The network is back, or may be: endpoints that were away are asked at once. */
  lookAgain(): void;
  readonly memory: TextMemoryUse;
  /** Sequences that are decoded or wait. */
  waiting(): number;
  /** Resolves when all records so far are durable. @throws StorageError */
  flush(): Promise<void>;
  close(): Promise<void>;
}
