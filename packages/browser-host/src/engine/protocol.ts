import type { Tokenizer } from '@huggingface/tokenizers';
import type { EngineModel, EngineWorker, ProbeTimings } from '@terrace/core/engine';
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
export interface BrowserEngineWorker extends Omit<EngineWorker, 'load'> {
  /** Comes first: loads ONNX Runtime and starts the provider. @throws EngineError when they are not there */
  start(settings: EngineSettings): Promise<void>;
  /** @param tokenizersUrl of the library for tokenizers that are not of BERT's kind */
  load(model: EngineModel, tokenizersUrl: string): ReturnType<EngineWorker['load']>;
  /**
   * Milliseconds that the probe's graphs take on the provider.
   * @param acquireUrl of what measures them
   */
  measure(acquireUrl: string): Promise<ProbeTimings>;
}

/** What of `AssetFiles.tokenizers` a worker uses. */
export interface TokenizerModule {
  readonly Tokenizer: typeof Tokenizer;
}

/** What of `AssetFiles.acquire` a worker uses. */
export interface MeasuringModule {
  readonly timeGraphs: typeof timeGraphs;
}

/** What a worker tells without being asked. */
export type WorkerNews =
  /** Its WebAssembly memory has grown, and never shrinks. */
  | { readonly kind: 'heap'; readonly heapBytes: number }
  /** Nothing will run in it any more. */
  | { readonly kind: 'lost'; readonly reason: string };
