import {
  copyIn,
  onStack,
  POINTER_BYTES,
  readWord,
  requireDone,
  requireHandle,
  writeWord,
  type OrtModule,
} from './ort-module.js';
import { fromHeap, toHeap, type HeapTensor, type WasmTensor } from './wasm-tensor.js';

/* oxlint-disable no-underscore-dangle -- the names are Emscripten's */

/** Names of ONNX's element types, in its order. */
const TYPE_NAMES =
  'undefined float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64'.split(' ');
/** The runtime's own words for what `graphOptimizationLevel: 'all'` and `executionMode: 'sequential'` say. */
const [ALL, SEQUENTIAL] = [99, 0];

export interface SessionOptions {
  /** 4 is to say nothing but what is fatal. */
  readonly logSeverityLevel?: number;
  readonly externalData?: readonly { readonly path: string; readonly data: Uint8Array }[];
}

interface ValueMetadata {
  readonly name: string;
  readonly isTensor: true;
  readonly type: string;
  /** A dimension that is open has a name in place of a number. */
  readonly shape: readonly (number | string)[];
}

/** A session as onnxruntime-web has it, on the same WebAssembly. */
export class WasmSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly ValueMetadata[];
  readonly #module: OrtModule;
  readonly #handle: number;
  /** Where the names of inputs and outputs are. */
  readonly #names = new Map<string, number>();

  private constructor(module: OrtModule, handle: number) {
    this.#module = module;
    this.#handle = handle;
    const [inputs, outputs] = onStack(module, 2, (at) => {
      requireDone(module, module._OrtGetInputOutputCount(handle, at(0), at(1)), 'inputs and outputs are not told');
      return [readWord(module, at(0)), readWord(module, at(1))];
    }) as [number, number];
    const values = Array.from({ length: inputs + outputs }, (_, index) => this.#describe(index));
    this.inputMetadata = values.slice(0, inputs);
    this.inputNames = this.inputMetadata.map(({ name }) => name);
    this.outputNames = values.slice(inputs).map(({ name }) => name);
  }

  /** @throws Error when the runtime refuses the graph */
  static async create(
    module: OrtModule,
    graph: Uint8Array,
    { logSeverityLevel = 2, externalData = [] }: SessionOptions,
  ): Promise<WasmSession> {
    const options = module._OrtCreateSessionOptions(ALL, false, false, SEQUENTIAL, false, 0, 0, logSeverityLevel, 0, 0);
    requireHandle(module, options, 'options cannot be made');
    let bytes = 0;
    try {
      bytes = copyIn(module, graph);
      for (const { path, data } of externalData) module.mountExternalData(path, data);
      const handle = await module._OrtCreateSession(bytes, graph.byteLength, options);
      return new WasmSession(module, requireHandle(module, handle, 'the graph is refused'));
    } finally {
      module._free(bytes);
      module.unmountExternalData();
      module._OrtReleaseSessionOptions(options);
    }
  }

  /** @throws Error when the runtime fails, RuntimeError when WebAssembly itself does */
  async run(
    feeds: Readonly<Record<string, WasmTensor>>,
    outputs: readonly string[] = this.outputNames,
  ): Promise<Record<string, WasmTensor>> {
    const module = this.#module;
    const inputs = Object.entries(feeds);
    const missing = this.inputNames.find((name) => !feeds[name]);
    // The runtime does not look.
    if (missing !== undefined) throw new Error(`the run has no ${missing}`);
    const copies: HeapTensor[] = [];
    const [tensors, names, results] = [inputs.length, 2 * inputs.length, 2 * inputs.length + outputs.length];
    try {
      return onStack(module, results + outputs.length, (at) => {
        for (const [i, [name, tensor]] of inputs.entries()) {
          let { kept } = tensor;
          if (!kept) copies.push((kept = toHeap(module, tensor)));
          writeWord(module, at(i), this.#nameOf(name));
          writeWord(module, at(tensors + i), kept.handle);
        }
        for (const [i, name] of outputs.entries()) {
          writeWord(module, at(names + i), this.#nameOf(name));
          writeWord(module, at(results + i), 0);
        }
        const { length } = outputs;
        requireDone(
          module,
          module._OrtRun(this.#handle, at(0), at(tensors), inputs.length, at(names), length, at(results), 0),
          'the run failed',
        );
        const made = outputs.map((_, i) => readWord(module, at(results + i)));
        try {
          return Object.fromEntries(outputs.map((name, i) => [name, fromHeap(module, made[i]!)]));
        } finally {
          for (const each of made) module._OrtReleaseTensor(each);
        }
      });
    } finally {
      for (const each of copies) each.free();
    }
  }

  async release(): Promise<void> {
    for (const name of this.#names.values()) this.#module._OrtFree(name);
    this.#names.clear();
    this.#module._OrtReleaseSession(this.#handle);
  }

  #nameOf(name: string): number {
    const at = this.#names.get(name);
    if (at === undefined) throw new Error(`the graph has no ${name}`);
    return at;
  }

  /** @param index of an input, or behind those of an output */
  #describe(index: number): ValueMetadata {
    const module = this.#module;
    return onStack(module, 2, (at) => {
      const told = module._OrtGetInputOutputMetadata(this.#handle, index, at(0), at(1));
      requireDone(module, told, 'an input or output is not told');
      const [where, facts] = [readWord(module, at(0)), readWord(module, at(1))];
      const name = module.UTF8ToString(where);
      this.#names.set(name, where);
      // Type, rank, the names of the dimensions, and their sizes.
      const word = (nth: number): number => readWord(module, facts + nth * POINTER_BYTES);
      const rank = word(1);
      const shape = Array.from({ length: rank }, (_, i) =>
        word(2 + i) === 0 ? word(2 + rank + i) : module.UTF8ToString(word(2 + i)),
      );
      const type = TYPE_NAMES[word(0)] ?? `type ${word(0)} of ONNX`;
      module._OrtFree(facts);
      return { name, isTensor: true, type, shape };
    });
  }
}
