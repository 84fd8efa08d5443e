/** What is given to a pipeline. Plain data: it crosses to a worker, and none of it is an address that could be fetched. */
export type PipelineInput =
  | {
      readonly kind: 'text';
      readonly text: string;
      /** What a question is about; of question-answering alone. */
      readonly context?: string;
    }
  /** PNG, JPEG or WebP as it came. */
  | { readonly kind: 'image'; readonly bytes: Uint8Array }
  /** An image as a camera gives it: row by row, `channels` values a pixel, 1, 3 or 4 of them. */
  | {
      readonly kind: 'pixels';
      readonly data: Uint8Array | Uint8ClampedArray;
      readonly width: number;
      readonly height: number;
      readonly channels: number;
    }
  /** Mono samples in [-1, 1], at the rate that the model was trained for. */
  | { readonly kind: 'audio'; readonly samples: Float32Array; readonly sampleRate: number };

/** Which pipeline of @huggingface/transformers, and with which model. Plain data. */
export interface PipelineModel {
  /** Its own name, e.g. `image-classification`. */
  readonly task: string;
  /** A folder in the layout of the hub: a path on Node, in browsers a path below the address of the site's models. */
  readonly model: string;
  /** `fp32` where none is said. */
  readonly dtype: string | undefined;
  readonly provider: string;
  /** What the pipeline takes behind its input. */
  readonly args: readonly unknown[];
  /** Run once when it is loaded, as some faults of a model show only then; none where nobody knows what it takes. */
  readonly trial: PipelineInput['kind'] | undefined;
}

/** What one run of a pipeline gave. */
export interface PipelineOutput {
  /** As plain data: tensors as nested arrays. */
  readonly output: unknown;
  /** Of texts that were heard or written: geometric mean of the probability of their tokens, in [0, 1]. */
  readonly certainty: number | undefined;
}

export interface PipelineSession {
  readonly alive: boolean;
  /** @throws EngineError; InvalidRequestError for what it cannot read; the signal's reason */
  run(input: PipelineInput, signal?: AbortSignal): Promise<PipelineOutput>;
  release(): Promise<void>;
}

/** Runs pipelines in workers, one model a worker. */
export interface PipelineEngine {
  /** @throws EngineError when @huggingface/transformers is not installed, or refuses the model */
  load(model: PipelineModel, options?: { readonly signal?: AbortSignal }): Promise<PipelineSession>;
  close(): Promise<void>;
}
