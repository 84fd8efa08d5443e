import type { Caches } from '../graph/text-graph.js';

/** Fewer tokens are read sooner than they are looked up and copied. */
const LEAST_TOKENS = 16;

interface Kept<C extends Caches> {
  readonly ids: Int32Array;
  readonly caches: C;
}

/** Keys and values of prompts' beginnings, for prompts that begin alike. */
export interface PrefixCache<C extends Caches> {
  readonly bytes: number;
  /** The longest beginning of these ids that is kept, but never all of them: somebody must compute the next token. */
  find(ids: Int32Array): { readonly caches: C; readonly tokens: number } | undefined;
  has(ids: Int32Array): boolean;
  /** Takes them over: what does not fit, or has to go for others, is released. */
  keep(ids: Int32Array, caches: C): void;
  /** From now on at most so many bytes are kept: what was used longest ago goes first. */
  limit(bytes: number): void;
}

/** Of one model and one delta: whatever changes the weights has a cache of its own. */
export function createPrefixCache<C extends Caches>({ limitBytes }: { limitBytes: number }): PrefixCache<C> {
  /** Used longest ago first. */
  const kept = new Map<string, Kept<C>>();
  let bytes = 0;
  const drop = (key: string, { caches }: Kept<C>): void => {
    kept.delete(key);
    bytes -= caches.bytes;
    caches.release();
  };
  const shrink = (toBytes: number): void => {
    for (const [key, one] of kept) {
      if (bytes <= toBytes) return;
      drop(key, one);
    }
  };
  return {
    get bytes() {
      return bytes;
    },
    find(ids) {
      let best: [string, Kept<C>] | undefined;
      for (const [key, one] of kept) {
        const { length } = one.ids;
        if (length < ids.length && length > (best?.[1].ids.length ?? 0) && beginsWith(ids, one.ids)) best = [key, one];
      }
      if (!best) return undefined;
      const [key, one] = best;
      kept.delete(key);
      kept.set(key, one);
      return { caches: one.caches, tokens: one.ids.length };
    },
    has: (ids) => ids.length < LEAST_TOKENS || kept.has(keyOf(ids)),
    keep(ids, caches) {
      const key = keyOf(ids);
      if (ids.length < LEAST_TOKENS || kept.has(key) || caches.bytes > limitBytes) {
        caches.release();
        return;
      }
      shrink(limitBytes - caches.bytes);
      kept.set(key, { ids: ids.slice(), caches });
      bytes += caches.bytes;
    },
    limit(most) {
      limitBytes = most;
      shrink(most);
    },
  };
}

function beginsWith(ids: Int32Array, beginning: Int32Array): boolean {
  for (let i = 0; i < beginning.length; i++) if (ids[i] !== beginning[i]) return false;
  return true;
}

/** The ids themselves: two beginnings are never taken for one another. */
const keyOf = (ids: Int32Array): string => ids.join(' ');
