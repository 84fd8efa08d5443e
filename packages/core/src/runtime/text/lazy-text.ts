import type { TextRuntime } from './text-runtime.js';
import { runtimeClosed } from '../../errors/runtime-closed-error.js';

/**
 * A text runtime that nobody may ever ask: the first call opens it.
 * @param open loads and opens the real thing; tried anew by the next call where it fails
 */
export function lazyText(open: () => Promise<TextRuntime>): TextRuntime {
  let opening: Promise<TextRuntime> | undefined;
  let opened: TextRuntime | undefined;
  let closed = false;

  const openNow = async (): Promise<TextRuntime> => {
    try {
      return (opened = await open());
    } finally {
      opening = undefined;
    }
  };
  const text = async (): Promise<TextRuntime> => {
    if (closed) throw runtimeClosed();
    const reached = opened ?? (await (opening ??= openNow()));
    if (closed) throw runtimeClosed();
    return reached;
  };

  return {
    async *stream(input, options) {
      return yield* (await text()).stream(input, options);
    },
    run: async (input, options) => (await text()).run(input, options),
    recommend: async (input, options) => (await text()).recommend(input, options),
    count: async (input, options) => (await text()).count(input, options),
    prepare: async (input, options) => (await text()).prepare(input, options),
    remotes: { state: (tier) => opened?.remotes.state(tier) ?? { kind: 'up' } },
    lookAgain: () => opened?.lookAgain(),
    memory: {
      heldBytes: () => opened?.memory.heldBytes() ?? 0,
      busyBytes: () => opened?.memory.busyBytes() ?? 0,
      makeRoom: async (neededBytes) => opened?.memory.makeRoom(neededBytes),
    },
    flush: async () => opened?.flush(),
    waiting: () => opened?.waiting() ?? 0,
    async close() {
      closed = true;
      const underWay = opening?.catch(() => undefined);
      await (opened ?? (await underWay))?.close();
    },
  };
}
