import type { OpenedRuntime } from './open-runtime.js';
import { createPacker } from './packed-result.js';
import type { RuntimeCalls } from './protocol.js';

/**
 * What pages may ask of the runtime.
 * @param opened resolves when there is one
 * @param close ends it
 */
export function runtimeService(opened: () => Promise<OpenedRuntime>, close: () => Promise<void>): RuntimeCalls {
  const pack = createPacker();
  return {
    async run([input, options], { signal, tell }) {
      const { runtime, requests } = await opened();
      return requests.during(async () => {
        const given = { ...options, signal };
        if (!tell) return pack(await runtime.run(input, given));
        const stream = runtime.stream(input, given);
        for (let next = await stream.next(); ; next = await stream.next()) {
          if (next.done) return pack(next.value);
          tell(next.value);
        }
      });
    },
    async recommend([input], { signal }) {
      const { runtime, requests } = await opened();
      return requests.during(() => runtime.recommend(input, { signal }));
    },
    async prepare([input], { signal, tell: onProgress }) {
      const { runtime, requests } = await opened();
      return requests.during(() => runtime.prepare(input, { signal, onProgress }));
    },
    async queued([name, args], { signal, tell: onAnswer }) {
      const { queued } = (await opened()).runtime;
      if (!queued) throw (await (await opened()).rare()).cannotQueue();
      return (queued[name] as (...all: unknown[]) => Promise<unknown>)(...args, { signal, onAnswer });
    },
    profile: async () => (await opened()).probe.profile(),
    catalog: async () => (await opened()).models.current(),
    refreshCatalog: async () => (await opened()).models.refresh(),
    rare: async ([name, args], call) => (await (await opened()).rare()).calls[name](args as never, call),
    setOffline: async ([isOffline]) => (await opened()).setOffline(isOffline),
    flush: async () => (await opened()).runtime.flush(),
    close: () => close(),
  };
}
