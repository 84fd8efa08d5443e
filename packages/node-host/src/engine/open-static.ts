import { openPackedGraph, type EncoderGraph, type EngineModel, type StaticTensor } from '@terrace/core/engine';

/** So long runs may follow each other before all else that the thread has to do gets its turn. */
const TURN_MS = 0.3;

/** Whether it is worth a look at the graph: a static encoder has no layers. */
export const mayBeStatic = ({ provider, graph }: EngineModel): boolean =>
  provider === 'cpu' && graph.interface === 'terrace' && graph.layers === 0;

/** @returns undefined when it takes ONNX Runtime */
export function openStatic(model: EngineModel, file: Uint8Array): EncoderGraph<StaticTensor> | undefined {
  const graph = mayBeStatic(model) ? openPackedGraph(file) : undefined;
  if (!graph) return undefined;
  let turnAtMs = -Infinity;
  return {
    ...graph,
    async run(feeds, output) {
      // Who asks in the same turn of the event loop joins the next run.
      if (performance.now() - turnAtMs > TURN_MS) {
        await new Promise(setImmediate);
        turnAtMs = performance.now();
      }
      return graph.run(feeds, output);
    },
  };
}
