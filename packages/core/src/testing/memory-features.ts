import type { FeatureCache } from '../ports/feature-cache.js';

/** Keeps features until the test ends. */
export function createMemoryFeatures(): FeatureCache {
  const spaces = new Map<string, Map<string, Float32Array>>();
  return {
    read: async (space, keys) => keys.map((key) => spaces.get(space)?.get(key)),
    async write(space, rows) {
      spaces.set(space, new Map([...(spaces.get(space) ?? []), ...rows]));
    },
  };
}
