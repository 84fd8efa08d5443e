import type { TaskId } from '../catalog/fields.js';
import type { LocatedFile } from './model-store.js';

/** Everything an engine needs to run one variant. Plain data: it crosses to a worker. */
export interface EngineModel {
  /** sha256 of the variant's weights: its identity. */
  readonly variantId: string;
  readonly modelId: string;
  readonly provider: string;
  /** Whether a text's values depend on the texts it shares a batch with: 8-bit kernels scale activations over all of them. */
  readonly batchSensitive: boolean;
  readonly weights: LocatedFile;
  readonly tokenizer: LocatedFile;
  readonly tokenizerConfig: LocatedFile | undefined;
  readonly graph: GraphShape;
  readonly contextTokens: number;
  /** What the recommender expects of one run, in milliseconds: a host may choose a thread by it. */
  readonly expectedRunMs: number;
}

/** How the inputs and outputs of a graph are to be fed and read. */
export interface GraphShape {
  /** `terrace`: delta and head are inputs. `transformers`: the plain layout of the Hugging Face hub. */
  readonly interface: 'terrace' | 'transformers';
  readonly layers: number;
  readonly hidden: number;
  /** Rows of the head matrix. */
  readonly features: number;
}

/** A delta as plain data. */
export interface EngineDelta {
  /** Content id of the delta. */
  readonly deltaId: string;
  readonly rank: number;
  /** What the product of the factors is multiplied with; 1 where it is absent. */
  readonly scale?: number | undefined;
  readonly labelCount: number;
  readonly head: LocatedFile;
  readonly adapter: LocatedFile | undefined;
}

export interface EngineInput {
  readonly task: TaskId;
  readonly text: string;
  /** Content id of an attached delta; none runs the plain base. */
  readonly deltaId: string | undefined;
}

export interface EngineOutput {
  /** f32 [labels] logits for classification, f32 [hidden] unit vector for embeddings. */
  readonly values: Float32Array;
  /** Tokens fed to the model, specials included. */
  readonly tokens: number;
  /** Tokens the text had before the cut at the model's context length; of a very long text, at least so many. */
  readonly textTokens: number;
  /** Word pieces the vocabulary does not know, in [0, tokens]. */
  readonly unknownTokens: number;
  /** Tokenization and inference, measured where they ran; the hop is not in it. */
  readonly runMs: number;
}

export interface LoadReport {
  /** Reading, hashing, session creation and warm-up together. */
  readonly loadMs: number;
  readonly bytesRead: number;
  /**
   * How far the process's resident memory rose at its highest point while loading and warming up; what the
   * first load of a process brings along for all (the native library) is not counted.
   */
  readonly peakMemoryBytes: number;
  /** One warm run of a short text, tokenization included. */
  readonly warmRunMs: number;
  /** Where it runs: on the calling thread, or in a worker. */
  readonly thread: 'inline' | 'worker';
}

/** A loaded variant. Calls after `release` fail with EngineError. */
export interface EngineSession {
  readonly report: LoadReport;
  /** False once its thread has ended: then every call fails, and only another load helps. */
  readonly alive: boolean;
  /** What its worker holds now, in bytes, where that is its own and goes with it; undefined where the host does not tell. */
  readonly heldBytes?: number | undefined;
  /** Makes a delta ready; attaching the same delta again does nothing. */
  attach(delta: EngineDelta): Promise<void>;
  /** Forgets a delta; one that is not attached is none to forget. */
  detach(deltaId: string): Promise<void>;
  run(input: EngineInput, options?: { readonly signal?: AbortSignal }): Promise<EngineOutput>;
  /**
   * Several inputs of one task and delta at once, cheaper than one by one. Labels are those of single runs in
   * at least 199 of 200 cases.
   * @returns one output an input, in their order; `runMs` is each one's share
   */
  runBatch(inputs: readonly EngineInput[]): Promise<EngineOutput[]>;
  /**
   * What the model makes of texts before its head: what the head's rows are multiplied with, and a head is fitted on.
   * It holds up the runs that come after it, so ask for few texts at a time.
   * @param deltaId of an attached delta, whose factors are used and whose head is not; none is the plain base
   * @returns [texts, features], in the order of the texts
   * @throws EngineError where the model is not of the `terrace` interface: it takes no head
   */
  features(texts: readonly string[], deltaId?: string): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Loads and runs variants. It owns tokenizers, tensors and threads; tensors never leave it. */
export interface ModelEngine {
  /**
   * @throws ArtifactCorruptError when the bytes are not what the catalog says
   * @throws EngineError when the runtime refuses the graph
   */
  load(model: EngineModel, options?: { readonly signal?: AbortSignal }): Promise<EngineSession>;
  /** Resident memory of the whole process, in bytes; undefined where the host does not tell. */
  residentBytes(): number | undefined;
  /** Share of the time the calling thread was busy lately, in [0, 1]; 0 where the host does not tell. */
  callerLoad(): number;
  /** Ends every thread. Sessions become unusable. */
  close(): Promise<void>;
}
