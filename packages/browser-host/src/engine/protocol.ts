import type { EngineWorker, ProbeTimings } from '@terrace/core/engine';
import type { OrtFiles } from '../assets/asset-files.js';

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
export interface BrowserEngineWorker extends EngineWorker {
  /** Comes first: loads ONNX Runtime and starts the provider. @throws EngineError when they are not there */
  start(settings: EngineSettings): Promise<void>;
  /** Milliseconds that the probe's graphs take on the provider. */
  measure(): Promise<ProbeTimings>;
}

/** What a worker tells without being asked. */
export type WorkerNews =
  /** Its WebAssembly memory has grown, and never shrinks. */
  | { readonly kind: 'heap'; readonly heapBytes: number }
  /** Nothing will run in it any more. */
  | { readonly kind: 'lost'; readonly reason: string };
