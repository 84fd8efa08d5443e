/** Pipelines of @huggingface/transformers as tiers, and nothing else. */
export type { PipelineEngine, PipelineInput, PipelineModel, PipelineSession } from './ports/pipeline-engine.js';
export type { PipelineTier, PipelineTierOptions } from './pipeline/pipeline-tier.js';
