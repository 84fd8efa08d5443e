import { initOrt, type OrtFactory, type OrtModule } from './ort-module.js';
import { WasmSession, type SessionOptions } from './wasm-session.js';
import { WasmTensor, type ElementType, type Values } from './wasm-tensor.js';

/**
 * What of onnxruntime-web is used here with its WebAssembly, under the same names, as a file of its own in the place of
 * theirs. Theirs copies whatever a run is fed into WebAssembly's memory; here what is fed with each run, such as a
 * delta, can stay there.
 */
export const env = {
  logLevel: 'error',
  wasm: {
    wasmPaths: { mjs: '' },
    wasmBinary: new ArrayBuffer(0) as ArrayBufferLike,
    numThreads: 1,
  },
};

let opening: Promise<OrtModule> | undefined;
let opened: OrtModule | undefined;
let kept = 0;

async function open(): Promise<OrtModule> {
  const { wasmPaths, wasmBinary, numThreads } = env.wasm;
  const { default: start } = (await import(/* @vite-ignore */ /* webpackIgnore: true */ wasmPaths.mjs)) as {
    readonly default: OrtFactory;
  };
  opened = await start({ numThreads, wasmBinary, locateFile: (name) => name });
  initOrt(opened, numThreads);
  return opened;
}

export const InferenceSession = {
  create: async (graph: Uint8Array, options: SessionOptions): Promise<WasmSession> =>
    WasmSession.create(await (opening ??= open()), graph, options),
};

export class Tensor extends WasmTensor {
  /** @param isKept whether it stays where runs read it, until it is disposed of */
  constructor(type: ElementType, data: Values, dims: readonly number[], isKept = false) {
    super(type, data, dims);
    if (!isKept || !opened) return;
    this.keep(opened);
    kept += data.byteLength;
  }

  override dispose(): void {
    kept -= this.kept?.bytes ?? 0;
    super.dispose();
  }
}

/** What tensors that are kept take of WebAssembly's memory. */
export const keptBytes = (): number => kept;
