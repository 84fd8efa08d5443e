import { EngineError } from '../../errors/engine-error.js';
import type { Caches, TextGraph } from '../graph/text-graph.js';

/** The graph itself has failed, not one of those who use it: nothing that it holds is sound any more. */
export class GraphFault extends Error {
  /** @returns what is told of it */
  toError(modelId: string): EngineError {
    if (EngineError.isInstance(this.cause)) return this.cause;
    return new EngineError({
      message: `${modelId} failed while it generated.`,
      hint: 'Ask again: the model is loaded anew.',
      facts: { model: modelId },
      cause: this.cause,
    });
  }
}

/** The graph, whose faults can be told from those of others. */
export const withFaults = <C extends Caches>(graph: TextGraph<C>): TextGraph<C> => ({
  vocabulary: graph.vocabulary,
  maxRows: graph.maxRows,
  chunkTokens: graph.chunkTokens,
  bytesPerToken: graph.bytesPerToken,
  release: () => graph.release(),
  empty: () => faulty(() => graph.empty()),
  gather: (rows, keep) => faulty(() => graph.gather(rows, keep)),
  async run(feed) {
    try {
      return await graph.run(feed);
    } catch (cause) {
      throw new GraphFault('run', { cause });
    }
  },
});

function faulty<T>(call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw new GraphFault('caches', { cause });
  }
}
