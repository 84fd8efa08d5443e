/** What is given to a pipeline: a text, or encoded media as it came. Plain data: it crosses to a worker. */
export type PipelineInput =
  | { readonly kind: 'text'; readonly text: string }
  /** PNG, JPEG or WebP. */
  | { readonly kind: 'image'; readonly bytes: Uint8Array }
  /** Mono samples in [-1, 1]. */
  | { readonly kind: 'audio'; readonly samples: Float32Array; readonly sampleRate: number };

/** Which pipeline of @huggingface/transformers, and with which model. Plain data. */
export interface PipelineModel {
  /** Its own name, e.g. `image-classification`. */
  readonly task: string;
  /** A folder in the layout of the hub, or `owner/name`. */
  readonly model: string;
  readonly dtype: string | undefined;
  readonly provider: string;
}

export interface PipelineSession {
  readonly alive: boolean;
  /** @returns what the pipeline gives, as plain data: tensors as nested arrays. @throws EngineError */
  run(input: PipelineInput, args: readonly unknown[], signal?: AbortSignal): Promise<unknown>;
  release(): Promise<void>;
}

/** Runs pipelines in workers, one model a worker. */
export interface PipelineEngine {
  /** @throws EngineError when @huggingface/transformers is not installed, or refuses the model */
  load(model: PipelineModel, options?: { readonly signal?: AbortSignal }): Promise<PipelineSession>;
  close(): Promise<void>;
}
