import type { Tokenizer } from '@huggingface/tokenizers';
import type {
  EncoderExtras,
  EngineDelta,
  EngineInput,
  EngineModel,
  EngineOutput,
  ProbeTimings,
  ThreadReport,
} from '@terrace/core/engine';
import type { AnswerMessage, ArgsOf, Method } from '../calls/messages.js';
import type { OrtFiles } from '../assets/asset-files.js';
import type { timeGraphs } from '../probe/time-graphs.js';

/** What runs models in a browser. */
export type BrowserProvider = 'wasm' | 'webgpu';

/** What a worker is to become; it stays that. */
export interface EngineSettings {
  readonly provider: BrowserProvider;
  readonly ort: Pick<OrtFiles, 'module' | 'glue'>;
  /** The runtime's WebAssembly. */
  readonly wasm: WebAssembly.Module;
  /** WebAssembly threads of a session. */
  readonly threads: number;
}

/** What the engine asks of its workers. */
export interface EngineCalls {
  /** Comes first: loads ONNX Runtime and starts the provider. @throws EngineError when they are not there */
  readonly start: Method<[EngineSettings], void>;
  /** @param tokenizersUrl of what few models need: the library for tokenizers that are not of BERT's kind */
  readonly load: Method<[model: EngineModel, tokenizersUrl: string], ThreadReport>;
  readonly attach: Method<[EngineDelta], void>;
  readonly detach: Method<[deltaId: string], void>;
  readonly run: Method<[EngineInput], EngineOutput>;
  readonly runBatch: Method<[readonly EngineInput[]], EngineOutput[]>;
  readonly features: Method<[texts: readonly string[], deltaId: string | undefined], Float32Array>;
  /**
   * Milliseconds that the probe's graphs take on the provider.
   * @param acquireUrl of what measures them
   */
  readonly measure: Method<[acquireUrl: string], ProbeTimings>;
}

/** A call, as the engine sends it. */
export interface EngineCall {
  readonly id: number;
  readonly name: keyof EngineCalls;
  readonly args: readonly unknown[];
}

/** What a worker does for each call. */
export type EngineService = { readonly [N in keyof EngineCalls]: (args: ArgsOf<EngineCalls[N]>) => Promise<unknown> };

/** What of `AssetFiles.tokenizers` a worker uses. */
export interface TokenizerModule extends EncoderExtras {
  readonly Tokenizer: typeof Tokenizer;
}

/** What of `AssetFiles.acquire` a worker uses. */
export interface MeasuringModule {
  readonly timeGraphs: typeof timeGraphs;
}

/** What a worker tells without being asked. */
type EngineNews =
  /** Its WebAssembly memory, less the deltas in it: whoever attaches them counts them. */
  | { readonly kind: 'heap'; readonly heapBytes: number }
  /** Nothing will run in it any more. */
  | { readonly kind: 'lost'; readonly reason: string };

/** What a worker sends. */
export type FromEngine = AnswerMessage | EngineNews;
