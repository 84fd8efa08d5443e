import { EngineError } from '@terrace/core/engine';
import { readInputs, readTextGraph, tokenFeeds, type TextGraph, type TextModel } from '@terrace/core/generate';
import type { InferenceSession, Tensor } from 'onnxruntime-web';
import { readVerified } from '../../store/read-verified.js';
import { SESSION_OPTIONS, type OrtRuntime } from '../ort-runtime.js';
import type { BrowserProvider } from '../protocol.js';
import { joinRows } from './join-rows.js';
import { TensorCaches } from './tensor-caches.js';

/**
 * How much a provider computes at once. WebGPU has computed prompts of 32 tokens and more wrongly, so that it gets fewer;
 * its caches stay where they are, and nothing there puts rows side by side. On WebAssembly one token takes a second, most
 * of it to unpack weights, and 64 together hardly longer than a few: a cancel waits for a run.
 */
const LIMITS = {
  wasm: { maxRows: 4, chunkTokens: 64 },
  webgpu: { maxRows: 1, chunkTokens: 31 },
} as const satisfies Record<BrowserProvider, Pick<TextGraph, 'maxRows' | 'chunkTokens'>>;

const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;

/**
 * Opens the graph of a text model. Every run gives new keys and values; on WebGPU they stay in its buffers.
 * @throws ArtifactMissingError, ArtifactCorruptError; DeltaMismatchError when the delta does not fit the weights;
 *   EngineError when the runtime refuses the graph, or when it is not the one that the catalog describes
 */
export async function openOrtTextGraph(
  model: TextModel,
  { runtime, provider }: { runtime: OrtRuntime; provider: BrowserProvider },
): Promise<TextGraph<TensorCaches>> {
  const { layers, shape, vocabulary } = model;
  const session = await openSession(model, { runtime, provider });
  try {
    const inputs = readInputs(session, model);
    const int64 = (values: BigInt64Array, dims: readonly number[]): Tensor => new runtime.Tensor('int64', values, dims);
    const float32 = (data: Float32Array, dims: readonly number[]): Tensor => new runtime.Tensor('float32', data, dims);
    return {
      vocabulary,
      maxRows: Math.min(LIMITS[provider].maxRows, shape.maxRows),
      chunkTokens: LIMITS[provider].chunkTokens,
      bytesPerToken: 2 * layers * shape.kvHeads * shape.headDim * FLOAT_BYTES,
      empty() {
        const nothing = (): Tensor => float32(new Float32Array(), [1, shape.kvHeads, 0, shape.headDim]);
        return new TensorCaches(Object.fromEntries(inputs.caches.map(({ past }) => [past, nothing()])), [0]);
      },
      async run({ ids, columns, caches, keep }) {
        const { past, lengths } = caches;
        const feeds = { ...tokenFeeds(inputs, { ids, columns, lengths }, int64), ...past };
        try {
          const found = await session.run(feeds);
          const next = Object.fromEntries(inputs.caches.map((each) => [each.past, found[each.present]!]));
          const { data, dims } = found['logits']!;
          const made = new TensorCaches(
            next,
            lengths.map((tokens) => tokens + columns),
          );
          if (dims.at(-1) !== vocabulary) {
            made.release();
            throw new Error(`its logits are ${dims.at(-1)} wide, not ${vocabulary}`);
          }
          if (!keep) caches.release();
          return { logits: (data as Float32Array).subarray(-lengths.length * vocabulary), caches: made };
        } catch (cause) {
          caches.release();
          throw failed(model, cause);
        }
      },
      gather(rows, keep) {
        const [first] = rows;
        const isWhole = rows.length === 1 && first!.caches.rows === 1;
        const made = isWhole ? first!.caches.share() : joinedOf(rows);
        if (!keep) for (const { caches } of rows) caches.release();
        return made;
      },
      release: () => session.release(),
    };

    function joinedOf(rows: Parameters<typeof joinRows>[0]): TensorCaches {
      const { past, lengths } = joinRows(rows, float32);
      return new TensorCaches(past, lengths);
    }
  } catch (error) {
    await session.release().catch(() => undefined);
    throw error;
  }
}

async function openSession(
  model: TextModel,
  { runtime, provider }: { runtime: OrtRuntime; provider: BrowserProvider },
): Promise<InferenceSession> {
  const { model: graph, externalData } = await readTextGraph(model, readVerified);
  const isOnGpu = provider === 'webgpu';
  const present = Array.from({ length: model.layers }, (_, layer) => [
    [`present.${layer}.key`, 'gpu-buffer'],
    [`present.${layer}.value`, 'gpu-buffer'],
  ]).flat();
  return runtime.InferenceSession.create(graph, {
    ...SESSION_OPTIONS,
    ...(externalData.length > 0 && { externalData }),
    executionProviders: [provider],
    ...(isOnGpu && { preferredOutputLocation: Object.fromEntries(present) as Record<string, 'gpu-buffer'> }),
  }).catch((cause: unknown) => {
    throw refused(model, cause);
  });
}

function refused({ modelId, provider, weights }: TextModel, cause: unknown): EngineError {
  return new EngineError({
    message: `${modelId} cannot be loaded with ${provider}: ${reasonOf(cause)}`,
    hint: 'Check that the ONNX file opens with this version of ONNX Runtime Web, and that the device has memory for it.',
    facts: { model: modelId, provider, file: weights.location },
    cause,
  });
}

function failed({ modelId, provider }: TextModel, cause: unknown): EngineError {
  return new EngineError({
    message: `${modelId} failed while running with ${provider}: ${reasonOf(cause)}`,
    hint: 'Ask again; if it happens with one text only, please report it.',
    facts: { model: modelId, provider },
    cause,
  });
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
