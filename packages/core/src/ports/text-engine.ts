import type { TextShape } from '../catalog/text-shape.js';
import type { Generation } from '../tasks/text-generation/generation.js';
import type { ChatMessage, Tool } from '../tasks/text-generation/messages.js';
import type { TextEnd, TextPiece } from '../tasks/text-generation/text-output.js';
import type { LocatedFile } from './model-store.js';

/** Everything an engine needs to generate with one variant. Plain data: it crosses to a worker. */
export interface TextModel {
  /** sha256 of the weights. */
  readonly variantId: string;
  readonly modelId: string;
  readonly provider: string;
  readonly weights: LocatedFile;
  readonly tokenizer: LocatedFile;
  readonly tokenizerConfig: LocatedFile | undefined;
  readonly shape: TextShape;
  readonly layers: number;
  /** Rows of the output layer; a tokenizer with more tokens is another model's. */
  readonly vocabulary: number;
  /** Most tokens of prompt and answer together. */
  readonly contextTokens: number;
  /** Most that keys and values of all sequences, the kept prefixes included, may take. */
  readonly kvBytes: number;
  readonly delta: TextEngineDelta | undefined;
}

/** What changes the weights when a session is created. Plain data. */
export interface TextEngineDelta {
  readonly deltaId: string;
  readonly kind: 'lora' | 'bitdelta';
  readonly rank: number | undefined;
  readonly scale: number | undefined;
  readonly adapter: LocatedFile;
}

/** One chat to go on with. Plain data. */
export interface TextJob {
  readonly messages: readonly ChatMessage[];
  readonly tools: readonly Tool[];
  /** What the assistant has said already: it is gone on with, and is no part of the answer. */
  readonly prefix: string;
  /** Jinja in place of the model's own. */
  readonly chatTemplate: string | undefined;
  readonly generation: Generation;
  readonly priority: 'high' | 'normal' | 'low';
}

export interface TextLoadReport {
  /** Reading, hashing, session creation and warm-up together. */
  readonly loadMs: number;
  readonly bytesRead: number;
  readonly peakMemoryBytes: number;
  /** Of a warm-up of a few tokens, one sequence. */
  readonly prefillTokensPerSecond: number;
  readonly decodeTokensPerSecond: number;
  readonly thread: 'worker';
}

/** A loaded text model. Calls after `release` fail with EngineError. */
export interface TextSession {
  readonly report: TextLoadReport;
  /** False once its thread has ended: then every call fails, and only another load helps. */
  readonly alive: boolean;
  readonly heldBytes?: number | undefined;
  /**
   * Generates, one array of pieces a turn of the loop. The engine stays a bounded number of tokens ahead of whoever
   * reads; leaving the loop or aborting frees its place within one token.
   * @returns the end; also when the reader's signal ended it nothing is thrown but the signal's reason
   * @throws ContextExceededError, InvalidRequestError (a schema that cannot be followed), StructureUnmetError, EngineError
   */
  generate(job: TextJob, signal?: AbortSignal): AsyncGenerator<readonly TextPiece[], TextEnd>;
  /** Tokens of the chat as the model is given it. */
  countTokens(job: Pick<TextJob, 'messages' | 'tools' | 'prefix' | 'chatTemplate'>): Promise<number>;
  /**
   * What self-tests compare: logits of the last position of a text without a template.
   * @returns f32 [vocabulary]
   */
  logits(text: string): Promise<Float32Array>;
  /** Sequences that are decoded or wait. */
  active(): number;
  release(): Promise<void>;
}

/** Loads and runs text models. It owns tokenizers, tensors, caches and threads; no tensor leaves it. */
export interface TextEngine {
  /**
   * @throws ArtifactCorruptError when the bytes are not what the catalog says
   * @throws TokenizerMismatchError when the tokenizer is another model's
   * @throws DeltaMismatchError when the delta does not fit the weights
   * @throws EngineError when the runtime refuses the graph
   */
  load(model: TextModel, options?: { readonly signal?: AbortSignal }): Promise<TextSession>;
  /** Ends every thread. Sessions become unusable. */
  close(): Promise<void>;
}
