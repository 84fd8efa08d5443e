import type { PipelineInput, PipelineModel, PipelineOutput } from '@terrace/core/pipeline';

/** A thread that holds one pipeline. */
export interface PipelineWorker {
  load(model: PipelineModel): Promise<void>;
  run(input: PipelineInput): Promise<PipelineOutput>;
  release(): Promise<void>;
}
