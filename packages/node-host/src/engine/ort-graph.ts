import {
  EngineError,
  sessionGraph,
  type EncoderGraph,
  type EngineModel,
  type PlainTensor,
  type StaticTensor,
} from '@terrace/core/engine';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { readVerified } from '../store/files/verified-file.js';
import { openStatic } from './open-static.js';

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
 * A static encoder is looked up and pooled without ONNX Runtime, which takes longer to call than to compute it, and packs
 * the head anew for every run.
 * @throws EngineError when the runtime refuses the graph
 */
export async function openGraph(model: EngineModel): Promise<EncoderGraph<Tensor | StaticTensor>> {
  const bytes = await readVerified(model.weights);
  const known = openStatic(model, bytes);
  if (known) return known;
  const session = await InferenceSession.create(bytes, { ...OPTIONS, executionProviders: [model.provider] }).catch(
    (cause: unknown) => {
      throw refused(model, cause);
    },
  );
  return sessionGraph(session, { emptyRank: 0, toTensor, failed: (cause) => failed(model, cause) });
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
