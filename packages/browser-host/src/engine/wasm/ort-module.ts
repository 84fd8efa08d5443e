/* oxlint-disable no-underscore-dangle -- the names are Emscripten's */

/** What Emscripten made of ONNX Runtime's C API, as far as it is used here. Pointers and handles are numbers; 0 is none. */
export interface OrtModule {
  /** Read it anew after each call: the memory grows. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(at: number): void;
  stackSave(): number;
  stackRestore(stack: number): void;
  stackAlloc(bytes: number): number;
  getValue(at: number, type: '*'): number;
  setValue(at: number, value: number, type: '*'): void;
  UTF8ToString(at: number): string;
  mountExternalData(path: string, data: Uint8Array): void;
  unmountExternalData(): void;
  /** These return 0 when they succeed. */
  _OrtInit(threads: number, logLevel: number): number;
  _OrtGetInputOutputCount(session: number, inputs: number, outputs: number): number;
  _OrtGetInputOutputMetadata(session: number, index: number, name: number, metadata: number): number;
  _OrtGetTensorData(tensor: number, type: number, data: number, dims: number, rank: number): number;
  _OrtRun(
    session: number,
    inputNames: number,
    inputs: number,
    inputCount: number,
    outputNames: number,
    outputCount: number,
    outputs: number,
    options: number,
  ): number;
  /** These return a handle. */
  _OrtCreateSessionOptions(
    optimization: number,
    hasArena: boolean,
    hasMemoryPattern: boolean,
    executionMode: number,
    isProfiled: boolean,
    profilePrefix: number,
    logId: number,
    logSeverity: number,
    logVerbosity: number,
    optimizedPath: number,
  ): number;
  _OrtCreateSession(model: number, bytes: number, options: number): number | Promise<number>;
  _OrtCreateTensor(type: number, data: number, bytes: number, dims: number, rank: number, location: number): number;
  _OrtReleaseSessionOptions(options: number): number;
  _OrtReleaseSession(session: number): number;
  _OrtReleaseTensor(tensor: number): number;
  /** Of what the runtime allocated for its caller. */
  _OrtFree(at: number): number;
  _OrtGetLastError(code: number, message: number): void;
}

export type OrtFactory = (settings: {
  readonly numThreads: number;
  readonly wasmBinary: ArrayBufferLike;
  readonly locateFile: (name: string) => string;
}) => Promise<OrtModule>;

export const POINTER_BYTES = 4;
/** The runtime's number for errors; of less it says nothing. */
const ERROR = 3;

/** @throws Error when the runtime does not start */
export function initOrt(module: OrtModule, threads: number): void {
  requireDone(module, module._OrtInit(threads, ERROR), 'the runtime does not start');
}

/** Runs what needs memory of the stack, and gives that back. */
export function onStack<T>(module: OrtModule, words: number, work: (at: (word: number) => number) => T): T {
  const stack = module.stackSave();
  try {
    const start = module.stackAlloc(words * POINTER_BYTES);
    return work((word) => start + word * POINTER_BYTES);
  } finally {
    module.stackRestore(stack);
  }
}

export const readWord = (module: OrtModule, at: number): number => module.getValue(at, '*');

export const writeWord = (module: OrtModule, at: number, word: number): void => module.setValue(at, word, '*');

/** @returns where the copy is; `_free` it */
export function copyIn(module: OrtModule, { buffer, byteOffset, byteLength }: ArrayBufferView): number {
  // Of nothing at all there is an address, too.
  const at = module._malloc(Math.max(1, byteLength));
  if (at === 0) throw new Error(`no memory is left for ${byteLength} bytes`);
  // Looks whether another thread has made the memory larger, as `HEAPU8` does not.
  readWord(module, at);
  module.HEAPU8.set(new Uint8Array(buffer, byteOffset, byteLength), at);
  return at;
}

/** @throws Error with the words of the runtime, when it has failed */
export function requireDone(module: OrtModule, status: number, what: string): void {
  if (status !== 0) throw lastError(module, what);
}

/** @throws Error with the words of the runtime, when there is no handle */
export function requireHandle(module: OrtModule, handle: number, what: string): number {
  if (handle === 0) throw lastError(module, what);
  return handle;
}

const lastError = (module: OrtModule, what: string): Error =>
  onStack(module, 2, (at) => {
    module._OrtGetLastError(at(0), at(1));
    const message = readWord(module, at(1));
    return new Error(`${what}: ${message === 0 ? 'it does not say why' : module.UTF8ToString(message)}`);
  });
