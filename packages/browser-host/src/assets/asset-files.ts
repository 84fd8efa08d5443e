/** One build of ONNX Runtime Web: its script, the script Emscripten wrote, and the WebAssembly. */
export interface OrtFiles {
  readonly module: string;
  readonly glue: string;
  readonly binary: string;
}

/**
 * Absolute URLs of everything that is loaded after the page's own script, all of one origin. Each file stands by
 * itself: no file names another, so a bundler may move and rename every one of them.
 */
export interface AssetFiles {
  readonly runtimeWorker: string;
  readonly engineWorker: string;
  /** What brings models and catalogs; loaded when something is not here yet. */
  readonly acquire: string;
  /** What asks endpoints; loaded when the first one is to be asked. */
  readonly remote: string;
  /** What counts what requests cost; loaded when the page gives budgets. */
  readonly budget: string;
  /** What keeps and fits deltas; loaded when a page first asks for it. */
  readonly deltas: string;
  readonly fitWorker: string;
  /** The tokenizer library; loaded for tokenizers that are not of BERT's kind. */
  readonly tokenizers: string;
  readonly wasm: OrtFiles;
  readonly webgpu: OrtFiles;
}
