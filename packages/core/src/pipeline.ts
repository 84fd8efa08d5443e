/** Pipelines of @huggingface/transformers as tiers, and nothing else. */
export type {
  PipelineEngine,
  PipelineInput,
  PipelineModel,
  PipelineOutput,
  PipelineSession,
} from './ports/pipeline-engine.js';
export {
  createPipelineLadder,
  type PipelineLadder,
  type PipelineLadderPorts,
  type PipelineRunOptions,
} from './pipeline/pipeline-ladder.js';
export type { PipelineResult, PipelineStep, PipelineTraceEvent } from './pipeline/pipeline-step.js';
export {
  pipelineTier,
  type PipelineTestimony,
  type PipelineTier,
  type PipelineTierOptions,
} from './pipeline/pipeline-tier.js';
export { loadPipeline, type LoadedPipeline } from './pipeline/worker/load-pipeline.js';
export type { TransformersLibrary } from './pipeline/worker/transformers-library.js';
