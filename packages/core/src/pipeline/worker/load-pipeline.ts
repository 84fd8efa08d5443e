import { EngineError } from '../../errors/engine-error.js';
import type { PipelineInput, PipelineModel, PipelineOutput } from '../../ports/pipeline-engine.js';
import { plainData } from './plain-data.js';
import { readInput, type InputReading } from './read-input.js';
import type { TransformersLibrary } from './transformers-library.js';
import { trialInput } from './trial-input.js';
import { watchCertainty } from './watch-certainty.js';

/** A pipeline where it runs. */
export interface LoadedPipeline {
  /** @throws EngineError; InvalidRequestError for what it cannot read */
  run(input: PipelineInput): Promise<PipelineOutput>;
  release(): Promise<void>;
}

/** The task whose text comes without a score. */
const HEARS = 'automatic-speech-recognition';

/**
 * Loads a pipeline of the library, without the network, and runs it once where its kind of input is known: a missing
 * tokenizer, or a model without the head for the task, show only then.
 * @param device what the library runs it on
 * @throws EngineError
 */
export async function loadPipeline({
  library,
  model,
  device,
  sessionOptions,
  decodeImage,
}: {
  readonly library: TransformersLibrary;
  readonly model: PipelineModel;
  readonly device: string;
  readonly sessionOptions: object;
  readonly decodeImage: InputReading['decodeImage'];
}): Promise<LoadedPipeline> {
  const { env, LogLevel } = library;
  Object.assign(env, {
    allowRemoteModels: false,
    allowLocalModels: true,
    useFSCache: false,
    useBrowserCache: false,
    // Where it is on, the runtime is started from a blob, which a page with a policy refuses.
    useWasmCache: false,
    logLevel: LogLevel.NONE,
  });
  const pipeline = await library
    .pipeline(model.task, model.model, {
      dtype: model.dtype ?? 'fp32',
      device,
      local_files_only: true,
      session_options: sessionOptions,
    })
    .catch((cause: unknown) => {
      throw notLoaded(model, cause);
    });
  const loaded = wrapped(model, { library, pipeline, decodeImage });
  try {
    if (model.trial) await loaded.run(trialInput(model.trial, { task: model.task, pipeline }));
    return loaded;
  } catch (cause) {
    await loaded.release().catch(() => undefined);
    throw notLoaded(model, cause);
  }
}

function wrapped(model: PipelineModel, reading: InputReading): LoadedPipeline {
  const { library, pipeline } = reading;
  const watch = model.task === HEARS ? watchCertainty(pipeline, library) : undefined;
  const args = (): readonly unknown[] =>
    watch ? [{ ...(model.args[0] as object | undefined), ...watch.options }, ...model.args.slice(1)] : model.args;
  return {
    async run(input) {
      const values = await readInput(input, reading);
      watch?.start();
      try {
        const output = plainData(await pipeline(...values, ...args()));
        return { output, certainty: watch?.end() };
      } catch (cause) {
        throw failed(model, cause);
      }
    },
    async release() {
      await pipeline.dispose();
    },
  };
}

const inWords = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

function notLoaded({ task, model, dtype }: PipelineModel, cause: unknown): EngineError {
  return new EngineError({
    message: `The pipeline ${task} of ${model} cannot be loaded: ${inWords(cause)}`,
    hint: 'Check that the folder is whole, in the layout of the Hugging Face hub, with the ONNX file of this dtype and a model made for this task.',
    facts: { task, model, dtype },
    cause,
  });
}

function failed({ task, model }: PipelineModel, cause: unknown): EngineError {
  return new EngineError({
    message: `The pipeline ${task} of ${model} failed: ${inWords(cause)}`,
    hint: 'Try it with another input; if it fails with every one, the model does not fit the task.',
    facts: { task, model },
    cause,
  });
}
