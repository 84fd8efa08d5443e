import { createInOrder } from '../../run/in-order.js';
import type { Runtime } from '../runtime-interface.js';
import type { TextFace } from '../text/with-text.js';
import type { AnyInput, AnyOptions, Answerer } from './answers.js';
import { createGate } from './gate.js';
import type { CacheFace, CachePorts } from './response-cache.js';

/**
 * A runtime that gives answers again, to requests that are the same and, where that is certified, to those that are alike.
 * Without a word of the caller a request is looked up and kept; what it says as `cache` is taken off it.
 * @param runtime everything else; closed with the cache, and so is its store
 */
export function withResponseCache<R extends Pick<Runtime & TextFace, 'run' | 'stream' | 'flush' | 'close'>>(
  runtime: R,
  ports: CachePorts,
): R & CacheFace {
  const gate = createGate(runtime as unknown as Answerer, ports);
  const ordered = createInOrder();
  return {
    ...runtime,
    stream: gate.stream,
    // What is in memory waits for what is computed as well, where one order was asked for.
    run(input: AnyInput, options: AnyOptions & { readonly inOrder?: string } = {}) {
      // A rest of an object is copied in the slowest way.
      if (options.inOrder === undefined) return gate.run(input, options);
      const { inOrder, ...others } = options;
      return ordered(inOrder, () => gate.run(input, others));
    },
    cache: gate.cache,
    async flush() {
      await Promise.all([gate.flush(), runtime.flush()]);
    },
    async close() {
      await gate.settle();
      try {
        await runtime.close();
      } finally {
        await gate.close();
      }
    },
  } as R & CacheFace;
}
