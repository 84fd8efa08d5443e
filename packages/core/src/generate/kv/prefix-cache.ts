import type { Caches } from '../graph/text-graph.js';

/** Fewer tokens are read sooner than they are looked up and copied. */
const LEAST_TOKENS = 16;

interface Kept<C extends Caches> {
  readonly ids: Int32Array;
  readonly caches: C;
}

/** Keys and values of what was read and written, for prompts that begin alike. */
export interface PrefixCache<C extends Caches> {
  readonly bytes: number;
  /** The longest beginning of these ids that is kept, but never all of them: somebody must compute the next token. */
  find(ids: Int32Array): { readonly caches: C; readonly tokens: number } | undefined;
  /** Whether it would keep them: whoever would have to copy caches asks before. */
  wants(ids: Int32Array): boolean;
  /** Takes them over: what does not fit, or has to go for others, is released. */
  keep(ids: Int32Array, caches: C): void;
  /** From now on at most so many bytes are kept: what was used longest ago goes first. */
  limit(bytes: number): void;
}

/** Of one model and one delta: whatever changes the weights has a cache of its own. */
export function createPrefixCache<C extends Caches>({
  limitBytes,
  bytesPerToken,
}: {
  limitBytes: number;
  bytesPerToken: number;
}): PrefixCache<C> {
  /** Used longest ago first. */
  let kept: readonly Kept<C>[] = [];
  let bytes = 0;
  const shrink = (toBytes: number): void => {
    while (bytes > toBytes && kept.length > 0) {
      const [{ caches }] = kept as [Kept<C>];
      kept = kept.slice(1);
      bytes -= caches.bytes;
      caches.release();
    }
  };
  const wants = (ids: Int32Array): boolean =>
    ids.length >= LEAST_TOKENS &&
    ids.length * bytesPerToken <= limitBytes &&
    !kept.some((one) => one.ids.length === ids.length && beginsWith(ids, one.ids));
  return {
    get bytes() {
      return bytes;
    },
    find(ids) {
      const isBeginning = (one: Kept<C>): boolean => one.ids.length < ids.length && beginsWith(ids, one.ids);
      // The shorter ones are in use, too: they are there for chats that part from this one.
      const found = kept.filter(isBeginning).toSorted((a, b) => a.ids.length - b.ids.length);
      const best = found.at(-1);
      if (!best) return undefined;
      kept = [...kept.filter((one) => !found.includes(one)), ...found];
      return { caches: best.caches, tokens: best.ids.length };
    },
    wants,
    keep(ids, caches) {
      if (!wants(ids) || caches.bytes > limitBytes) {
        caches.release();
        return;
      }
      shrink(limitBytes - caches.bytes);
      kept = [...kept, { ids: ids.slice(), caches }];
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
