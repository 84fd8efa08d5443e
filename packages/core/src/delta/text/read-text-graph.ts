import { DeltaMismatchError } from '../../errors/delta-mismatch-error.js';
import type { LocatedFile } from '../../ports/model-store.js';
import type { TextModel } from '../../ports/text-engine.js';
import { readSafetensors } from '../safetensors.js';
import { applyTextDelta } from './apply-text-delta.js';

/** What a session is made of. */
export interface TextGraphFile {
  readonly model: Uint8Array;
  /** Files beside the graph, as session options take them. */
  readonly externalData: { readonly path: string; readonly data: Uint8Array }[];
}

/**
 * The weights of a text model, with its delta beside them where it has one.
 * @param read gives the bytes of a file once their hash is what it should be
 * @throws what `read` throws; DeltaMismatchError, ArtifactCorruptError for a delta that does not fit or is damaged
 */
export async function readTextGraph(
  { modelId, weights, delta }: Pick<TextModel, 'modelId' | 'weights' | 'delta'>,
  read: (file: LocatedFile) => Promise<Uint8Array>,
): Promise<TextGraphFile> {
  if (!delta) return { model: await read(weights), externalData: [] };
  // The small one first: a mistake in it shows before the long wait.
  const tensors = readSafetensors(await read(delta.adapter));
  const bytes = await read(weights);
  try {
    const { model, external } = applyTextDelta(bytes, { ...delta, tensors });
    return { model, externalData: [...external].map(([path, data]) => ({ path, data })) };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new DeltaMismatchError({
      message: `The weights of ${modelId} cannot be read as a graph that a delta could change: ${cause.message}.`,
      hint: 'Use the model without a delta, or publish its weights as ONNX.',
      facts: { model: modelId },
      cause,
    });
  }
}
