/** Pipelines of transformers.js in a page: what a page without them loads nothing of. */
export {
  createPipelineLadder,
  pipelineTier,
  type PipelineInput,
  type PipelineLadder,
  type PipelineResult,
  type PipelineRunOptions,
  type PipelineStep,
  type PipelineTier,
  type PipelineTierOptions,
} from '@terrace/core/pipeline';
export { createBrowserPipelineEngine, type BrowserPipelineOptions } from './pipeline/browser-pipeline-engine.js';
export { systemClock } from './system-clock.js';
