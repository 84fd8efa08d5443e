import { EngineError, type EncoderGraph, type EngineModel, type PlainTensor } from '@terrace/core/engine';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readVerified } from '../store/files/verified-file.js';

/**
 * One thread a session: two threads of two sessions spin against each other on a small machine and
 * make everything several times slower.
 */
const OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  logSeverityLevel: 3,
} as const satisfies InferenceSession.SessionOptions;

/**
 * @throws EngineError when the runtime refuses the graph
 */
export async function openGraph(model: EngineModel): Promise<EncoderGraph<Tensor>> {
  const bytes = await readVerified(model.weights);
  const session = await InferenceSession.create(bytes, { ...OPTIONS, executionProviders: [model.provider] }).catch(
    (cause: unknown) => {
      throw refused(model, cause);
    },
  );
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    // Without a mask padding would be read as text.
    takesBatches: hasOpenBatch(session) && session.inputNames.includes('attention_mask'),
    emptyRank: 0,
    toTensor,
    async run(feeds, output) {
      try {
        const { data, dims } = (await session.run(feeds, [output]))[output]!;
        return { data: data as Float32Array, dims };
      } catch (cause) {
        throw failed(model, cause);
      }
    },
    release: () => session.release(),
  };
}

/** An open dimension has a name in place of a number. */
function hasOpenBatch({ inputMetadata }: InferenceSession): boolean {
  const ids = inputMetadata.find(({ name }) => name === 'input_ids');
  return ids?.isTensor === true && typeof ids.shape[0] === 'string';
}

export const toTensor = ({ type, data, dims }: PlainTensor): Tensor =>
  type === 'int64' ? new Tensor('int64', data, dims) : new Tensor('float32', data, dims);

function refused({ modelId, provider, weights }: EngineModel, cause: unknown): EngineError {
  return new EngineError({
    message: `${modelId} cannot be loaded with ${provider}.`,
    hint: 'Check that the ONNX file opens with this version of ONNX Runtime; `terrace doctor` tells which one this is.',
    facts: { model: modelId, provider, file: weights.location },
    cause,
  });
}

function failed({ modelId, provider }: EngineModel, cause: unknown): EngineError {
  return new EngineError({
    message: `${modelId} failed while running with ${provider}.`,
    hint: 'Run `terrace doctor`; if it happens with one text only, please report it.',
    facts: { model: modelId, provider },
    cause,
  });
}
