import type { Placement } from '../catalog/fields.js';
import { EngineError } from '../errors/engine-error.js';
import type {
  PipelineEngine,
  PipelineInput,
  PipelineModel,
  PipelineOutput,
  PipelineSession,
} from '../ports/pipeline-engine.js';
import type { TierAnswer } from '../tasks/answer.js';
import { SharedWork } from '../wait/shared-work.js';
import { checkInput } from './check-input.js';
import { checkPipeline } from './check-pipeline.js';
import type { PipelineReader, Unusable } from './readers/pipeline-reader.js';
import { readerOf } from './readers/reader-of.js';

/** What a rung said of an input. */
export interface PipelineTestimony {
  readonly answer: TierAnswer;
  /** All that the pipeline gave, as plain data: entities, boxes, time stamps. */
  readonly output: unknown;
}

/** A rung that answers media or texts. Whatever keeps to this is one, also a camera's or a site's own service. */
export interface PipelineTier {
  readonly id: string;
  readonly placement: Placement;
  /** Of one run, in US dollars. */
  readonly costUsd: number;
  /** @throws EngineError; InvalidRequestError for an input it cannot take; the signal's reason */
  run(input: PipelineInput, signal?: AbortSignal): Promise<PipelineTestimony>;
  /** It loads again when it is asked again. */
  release(): Promise<void>;
}

/** How a pipeline becomes a tier. */
export interface PipelineTierOptions extends Pick<PipelineModel, 'task' | 'model'> {
  /** The last part of the model's name by default. */
  readonly id?: string;
  /** `fp32` by default. */
  readonly dtype?: string;
  /** `cpu` by default. */
  readonly provider?: string;
  /** What the pipeline takes behind its input, e.g. the labels of a zero-shot classification. */
  readonly args?: readonly unknown[];
  /** Reads what the pipeline gives; by default the reader of its task. What it throws makes the answer unusable. */
  readonly read?: (output: PipelineOutput) => TierAnswer;
}

/**
 * Any pipeline of @huggingface/transformers as a tier. It is loaded when it is first asked.
 * @throws InvalidRequestError for options under which nothing would run
 */
export function pipelineTier(
  options: PipelineTierOptions,
): (ports: { readonly engine: PipelineEngine }) => PipelineTier {
  checkPipeline(options);
  const { task, model, dtype, provider = 'cpu', args = [], read } = options;
  const reader = readerOf(task);
  const described: PipelineModel = {
    task,
    model,
    dtype,
    provider,
    args: reader ? reader.args(args) : args,
    trial: reader?.takes[0],
  };
  const id = options.id ?? lastPart(model);
  return ({ engine }) => {
    const loads = new SharedWork<PipelineSession>();
    let session: PipelineSession | undefined;

    const loaded = async (signal: AbortSignal | undefined): Promise<PipelineSession> => {
      if (session?.alive) return session;
      return loads.join(id, signal, async (unwanted) => (session = await engine.load(described, { signal: unwanted })));
    };

    return {
      id,
      placement: 'device',
      costUsd: 0,
      async run(input, signal) {
        signal?.throwIfAborted();
        checkInput(input, reader);
        const { run } = await loaded(signal);
        const output = await run(input, signal);
        const answer = read ? readOwn(read, output) : (reader as PipelineReader).read(output);
        if (answer.kind === 'unusable') throw unusableAnswer(described, answer.why);
        return { answer, output: output.output };
      },
      async release() {
        loads.close(new Error('the tier was released'));
        const released = session;
        session = undefined;
        await released?.release();
      },
    };
  };
}

const lastPart = (model: string): string => model.split(/[\\/]/).findLast((part) => part !== '') ?? model;

function readOwn(read: (output: PipelineOutput) => TierAnswer, output: PipelineOutput): TierAnswer | Unusable {
  try {
    const answer = read(output);
    const isWhole =
      answer.kind !== 'scores' || (answer.labels.length > 0 && answer.logProbs.every((each) => each <= 1e-6));
    return isWhole ? answer : { kind: 'unusable', why: 'its scores are no log-probabilities' };
  } catch (error) {
    return { kind: 'unusable', why: error instanceof Error ? error.message : String(error) };
  }
}

function unusableAnswer({ task, model }: PipelineModel, why: string): EngineError {
  return new EngineError({
    message: `The answer of the pipeline ${task} of ${model} cannot be used: ${why}.`,
    hint: 'Check that the model was made for this task, or give a reader of its output as `read`.',
    facts: { task, model },
  });
}
