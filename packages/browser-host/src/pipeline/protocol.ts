import type { PipelineInput, PipelineModel, PipelineOutput } from '@terrace/core/pipeline';
import type { Method } from '../calls/messages.js';
import type { EngineSettings } from '../engine/protocol.js';

/** A file of a model that a worker wants; `readId` is its own and used once. */
export interface FileWish {
  readonly readId: number;
  /** `<model>/onnx/model.onnx`. */
  readonly path: string;
}

/** What came of it; no file where there is none. */
export type ReadFile =
  | { readonly kind: 'read'; readonly file: Blob | undefined }
  | { readonly kind: 'failed'; readonly message: string };

/** What the engine asks of its workers. */
export interface PipelineCalls {
  /** Comes first: ONNX Runtime is there before the library, which takes it over. @throws EngineError */
  readonly start: Method<[EngineSettings, libraryUrl: string], void>;
  /** Wants files while it is under way, and waits for `file` with each of them. */
  readonly load: Method<[PipelineModel], void, FileWish>;
  readonly file: Method<[readId: number, ReadFile], void>;
  readonly run: Method<[PipelineInput], PipelineOutput>;
  readonly release: Method<[], void>;
}
