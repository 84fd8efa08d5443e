/** As much of @huggingface/transformers as pipelines need. Structural, as core depends on no library of models. */
export interface TransformersLibrary {
  readonly env: {
    allowRemoteModels: boolean;
    allowLocalModels: boolean;
    localModelPath: string;
    useFSCache: boolean;
    useBrowserCache: boolean;
    useWasmCache: boolean;
    logLevel: number;
    fetch: unknown;
  };
  readonly LogLevel: { readonly NONE: number };
  pipeline(task: string, model: string, options: object): Promise<LibraryPipeline>;
  readonly RawImage: new (data: Uint8ClampedArray, width: number, height: number, channels: number) => unknown;
  readonly LogitsProcessor: new () => object;
  readonly LogitsProcessorList: new () => { push(processor: object): void };
}

export interface LibraryPipeline {
  (...args: readonly unknown[]): Promise<unknown>;
  model: object;
  readonly tokenizer?: { readonly pad_token_id?: number } | null;
  readonly processor?: {
    readonly feature_extractor?: { readonly config?: { readonly sampling_rate?: number } };
    readonly image_processor?: { readonly size?: Readonly<Record<string, number>> };
  } | null;
  dispose(): Promise<unknown>;
}

export interface LibraryTensor {
  readonly data: ArrayLike<number>;
  readonly dims: readonly number[];
  tolist(): unknown;
}

export const isTensor = (value: unknown): value is LibraryTensor =>
  typeof value === 'object' && value !== null && 'tolist' in value && typeof value.tolist === 'function';
