import { EngineError, sessionGraph, type EncoderGraph, type EngineModel, type PlainTensor } from '@terrace/core/engine';
import type { Tensor } from 'onnxruntime-web';
import { readVerified } from '../store/read-verified.js';
import { SESSION_OPTIONS, type OrtRuntime } from './ort-runtime.js';
import type { BrowserProvider } from './protocol.js';

/** That of `wasm/wasm-runtime.ts` keeps tensors; theirs copies all at each run, and looks at no fourth argument. */
type TensorClass = new (
  type: PlainTensor['type'],
  data: PlainTensor['data'],
  dims: readonly number[],
  isKept?: boolean,
) => Tensor;

/** @throws EngineError when the runtime refuses the graph */
export async function openGraph(
  model: EngineModel,
  { runtime, provider }: { runtime: OrtRuntime; provider: BrowserProvider },
): Promise<EncoderGraph<Tensor>> {
  const bytes = await readVerified(model.weights);
  const options = { ...SESSION_OPTIONS, executionProviders: [provider] };
  const session = await runtime.InferenceSession.create(bytes, options).catch((cause: unknown) => {
    throw refused(model, cause);
  });
  const OrtTensor = runtime.Tensor as TensorClass;
  return sessionGraph(session, {
    // Buffers of WebGPU are never empty.
    emptyRank: provider === 'webgpu' ? 1 : 0,
    toTensor: ({ type, data, dims }, isKept) => new OrtTensor(type, data, dims, isKept),
    letGo: (tensor) => tensor.dispose(),
    failed: (cause) => failed(model, cause),
  });
}

function refused({ modelId, provider, weights }: EngineModel, cause: unknown): EngineError {
  return new EngineError({
    message: `${modelId} cannot be loaded with ${provider}.`,
    hint: 'Check that the ONNX file opens with this ONNX Runtime Web, and that there is memory for it.',
    facts: { model: modelId, provider, file: weights.location },
    cause,
  });
}

function failed({ modelId, provider }: EngineModel, cause: unknown): EngineError {
  return new EngineError({
    message: `${modelId} failed while running with ${provider}.`,
    hint: 'Ask again; if one text alone fails, please report it.',
    facts: { model: modelId, provider },
    cause,
  });
}
