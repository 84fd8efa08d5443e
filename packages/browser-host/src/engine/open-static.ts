import {
  EngineError,
  openStaticGraph,
  type EncoderGraph,
  type EngineModel,
  type PlainTensor,
} from '@terrace/core/engine';
import { readVerified } from '../store/read-verified.js';

/** Whether it is worth a look at the graph: a static encoder has no layers. */
export const mayBeStatic = ({ graph }: EngineModel): boolean => graph.interface === 'terrace' && graph.layers === 0;

/** @throws EngineError for which `isOtherGraph` is true when it takes a runtime; what `readVerified` throws */
export async function openStatic({ modelId, weights }: EngineModel): Promise<EncoderGraph<PlainTensor>> {
  const graph = openStaticGraph(await readVerified(weights));
  if (graph) return graph;
  throw new EngineError({
    message: `${modelId} is no static encoder.`,
    hint: 'Load it with a provider.',
    facts: { model: modelId, isStatic: false },
  });
}

export const isOtherGraph = (error: unknown): boolean =>
  EngineError.isInstance(error) && error.facts['isStatic'] === false;
