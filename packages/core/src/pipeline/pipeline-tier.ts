import type { Placement } from '../catalog/fields.js';
import type { PipelineInput, PipelineModel } from '../ports/pipeline-engine.js';
import type { TierAnswer } from '../tasks/answer.js';

/** A rung that answers media or texts with a distribution over labels. */
export interface PipelineTier {
  readonly id: string;
  readonly placement: Placement;
  readonly costUsd: number;
  /** @throws EngineError; the signal's reason */
  run(input: PipelineInput, signal?: AbortSignal): Promise<TierAnswer>;
  release(): Promise<void>;
}

/** How a pipeline becomes a tier. */
export interface PipelineTierOptions extends Pick<PipelineModel, 'task' | 'model'> {
  readonly id?: string;
  readonly dtype?: string;
  readonly provider?: string;
  /** What the pipeline takes behind its input, e.g. the labels of a zero-shot classification. */
  readonly args?: readonly unknown[];
  /** Reads what the pipeline gives; by default the reader of its task. @throws RemoteAnswerError-like Error for what is no answer */
  readonly read?: (output: unknown) => TierAnswer;
}
