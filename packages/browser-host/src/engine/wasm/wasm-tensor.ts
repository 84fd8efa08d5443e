import { copyIn, onStack, POINTER_BYTES, readWord, requireDone, writeWord, type OrtModule } from './ort-module.js';

/* oxlint-disable no-underscore-dangle -- the names are Emscripten's */

/** Types that are fed and read here, as ONNX numbers them. */
const IDS = { float32: 1, int64: 7 } as const;
export type ElementType = keyof typeof IDS;
export type Values = Float32Array | BigInt64Array;

/** The runtime's word for the memory of the processor. */
const ON_CPU = 1;

/** A tensor in WebAssembly's memory. */
export interface HeapTensor {
  readonly handle: number;
  readonly bytes: number;
  free(): void;
}

/** As onnxruntime-web has it, for processors: values of the page that each run copies, unless they are kept. */
export class WasmTensor {
  readonly type: ElementType;
  readonly dims: readonly number[];
  #data: Values | undefined;
  #kept: HeapTensor | undefined;

  constructor(type: ElementType, data: Values, dims: readonly number[]) {
    this.type = type;
    this.#data = data;
    this.dims = dims;
  }

  /** @throws Error once it is kept, or disposed of */
  get data(): Values {
    if (!this.#data) throw new Error('a tensor that is kept or disposed of has no values here');
    return this.#data;
  }

  get kept(): HeapTensor | undefined {
    return this.#kept;
  }

  /** Puts it where runs read it, for all of them. It stays there until it is disposed of. */
  keep(module: OrtModule): void {
    this.#kept ??= toHeap(module, this);
    this.#data = undefined;
  }

  dispose(): void {
    this.#kept?.free();
    this.#kept = undefined;
    this.#data = undefined;
  }
}

/** @throws Error when there is no memory for it */
export function toHeap(module: OrtModule, { type, data, dims }: WasmTensor): HeapTensor {
  const values = copyIn(module, data);
  const handle = onStack(module, dims.length, (at) => {
    dims.forEach((size, i) => writeWord(module, at(i), size));
    return module._OrtCreateTensor(IDS[type], values, data.byteLength, at(0), dims.length, ON_CPU);
  });
  const free = (): void => {
    if (handle !== 0) module._OrtReleaseTensor(handle);
    module._free(values);
  };
  if (handle !== 0) return { handle, bytes: data.byteLength, free };
  free();
  throw new Error(`a tensor of ${type} [${dims.join(', ')}] cannot be made`);
}

/** Copies what a run has given. */
export const fromHeap = (module: OrtModule, handle: number): WasmTensor =>
  onStack(module, 4, (at) => {
    requireDone(module, module._OrtGetTensorData(handle, at(0), at(1), at(2), at(3)), 'an output cannot be read');
    const [id, values, sizes] = [readWord(module, at(0)), readWord(module, at(1)), readWord(module, at(2))];
    const dims = Array.from({ length: readWord(module, at(3)) }, (_, i) => readWord(module, sizes + i * POINTER_BYTES));
    module._OrtFree(sizes);
    const length = dims.reduce((product, size) => product * size, 1);
    const { buffer } = module.HEAPU8;
    if (id === IDS.float32) return new WasmTensor('float32', new Float32Array(buffer, values, length).slice(), dims);
    if (id === IDS.int64) return new WasmTensor('int64', new BigInt64Array(buffer, values, length).slice(), dims);
    throw new Error(`an output is of type ${id} of ONNX, which is not read here`);
  });
